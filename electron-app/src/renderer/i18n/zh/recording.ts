import type { Same } from '../catalogue'
import type { recording as en } from '../en/recording'

export const recording: Same<typeof en> = {
  'recording.title': '录音',
}
