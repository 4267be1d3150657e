import { t } from '../../i18n'
import { MicrophoneTest } from '../recording'

export function MicrophoneStep() {
  return (
    <>
      <p>{t('welcome.microphone.text')}</p>
      <MicrophoneTest />
    </>
  )
}
