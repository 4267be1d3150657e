import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { t } from '../../i18n'
import { Button } from '../../ui'

interface EditTextProps {
  readonly text: string
  readonly onSave: (text: string) => void
  readonly onCancel: () => void
}

export function EditText({ text, onSave, onCancel }: EditTextProps) {
  const [edited, setEdited] = useState(text)
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => area.current?.focus(), [])
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Esc is its own.
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) onCancel()
  }
  return (
    <div className="edit">
      <textarea
        ref={area}
        className="input"
        aria-label={t('history.edit-label')}
        rows={5}
        value={edited}
        onChange={(event) => setEdited(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <p className="row">
        <Button
          variant="primary"
          disabled={edited.trim() === '' || edited === text}
          onClick={() => onSave(edited.trim())}
        >
          {t('common.save')}
        </Button>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
      </p>
    </div>
  )
}
