import type { Same } from '../catalogue'
import type { models as en } from '../en/models'

export const models: Same<typeof en> = {
  'models.title': 'models',
}
