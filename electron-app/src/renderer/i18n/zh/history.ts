import type { Same } from '../catalogue'
import type { history as en } from '../en/history'

export const history: Same<typeof en> = {
  'history.title': 'history',
}
