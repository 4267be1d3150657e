import { type FormEvent, useState } from 'react'
import { t } from '../../i18n'
import { useApp, useHost } from '../../store'
import { Button, Dialog, Field } from '../../ui'
import { useComplain } from '../errors'

/** Takes a model from a folder: picked where the host has a picker, else typed. */
export function ImportButton() {
  const { api, models } = useApp()
  const host = useHost()
  const complain = useComplain()
  const [isAsking, setAsking] = useState(false)
  const pick = async () => {
    const path = await api.models.pickFolder()
    if (path !== null) await models.importFrom(path)
  }
  const begin = () => {
    if (host?.can.pickFolder) pick().catch(complain)
    else setAsking(true)
  }
  return (
    <>
      <Button onClick={begin}>{t('models.import')}</Button>
      {isAsking ? (
        <PathDialog
          onPath={(path) => void models.importFrom(path)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  )
}

interface PathDialogProps {
  readonly onPath: (path: string) => void
  readonly onClose: () => void
}

function PathDialog({ onPath, onClose }: PathDialogProps) {
  const [path, setPath] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onClose()
    onPath(path.trim())
  }
  return (
    <Dialog title={t('models.import-title')} onClose={onClose}>
      <form className="dialog-body" onSubmit={submit}>
        <Field label={t('models.import-label')} hint={t('models.import-hint')}>
          {(control) => (
            <input
              {...control}
              className="input"
              value={path}
              onChange={(event) => setPath(event.target.value)}
            />
          )}
        </Field>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button variant="primary" type="submit" disabled={path.trim() === ''}>
            {t('models.import')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
