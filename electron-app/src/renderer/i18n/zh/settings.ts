import type { Same } from '../catalogue'
import type { settings as en } from '../en/settings'

export const settings: Same<typeof en> = {
  'settings.title': 'settings',
}
