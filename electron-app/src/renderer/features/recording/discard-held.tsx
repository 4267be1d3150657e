import { t } from '../../i18n'
import { Button, Dialog } from '../../ui'

interface DiscardHeldProps {
  readonly onDiscard: () => void
  readonly onClose: () => void
}

/** Asks before audio is lost that is nowhere else; what is safe comes first. */
export function DiscardHeld({ onDiscard, onClose }: DiscardHeldProps) {
  const discard = () => {
    onClose()
    onDiscard()
  }
  return (
    <Dialog title={t('recording.held-title')} onClose={onClose}>
      <p>{t('recording.held-text')}</p>
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('recording.keep')}</Button>
        <Button variant="danger" onClick={discard}>
          {t('recording.cancel')}
        </Button>
      </div>
    </Dialog>
  )
}
