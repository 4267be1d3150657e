export { Keys } from './hotkey-field'
export { SettingsPage } from './settings-page'
