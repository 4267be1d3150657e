import type { Same } from '../catalogue'
import type { welcome as en } from '../en/welcome'

export const welcome: Same<typeof en> = {
  'welcome.title': 'welcome',
}
