import { useState } from 'react'
import type { ExportFormat } from '../../../shared/ipc'
import type { EntryId } from '../../../shared/protocol'
import { engineName, t } from '../../i18n'
import { useApp, useReadable } from '../../store'
import { Button, Dialog, Field, Select } from '../../ui'
import { useComplain } from '../errors'
import { EXPORT_FORMATS, exportEntries } from './export-entries'

interface ExportDialogProps {
  readonly entries: readonly EntryId[]
  readonly onClose: () => void
}

export function ExportDialog({ entries, onClose }: ExportDialogProps) {
  const { api } = useApp()
  const complain = useComplain()
  const [format, setFormat] = useState<ExportFormat>('txt')
  const go = () => {
    onClose()
    exportEntries(api, entries, format).catch(complain)
  }
  return (
    <Dialog title={t('history.export')} onClose={onClose}>
      <Field
        label={t('history.export-format')}
        hint={t('history.found', { count: entries.length })}
      >
        {(control) => (
          <Select
            {...control}
            value={format}
            onChoose={setFormat}
            choices={EXPORT_FORMATS.map((value) => ({
              value,
              label: t(`history.format.${value}`),
            }))}
          />
        )}
      </Field>
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button variant="primary" onClick={go}>
          {t('history.export')}
        </Button>
      </div>
    </Dialog>
  )
}

interface AgainDialogProps {
  readonly engine: string
  readonly onAgain: (engine: string) => void
  readonly onClose: () => void
}

export function AgainDialog({ engine, onAgain, onClose }: AgainDialogProps) {
  const engines = useReadable(useApp().engines)?.engines ?? []
  // Most likely another one than the one that was used before.
  const other = engines.find((one) => one.id !== engine)?.id ?? engine
  const [chosen, setChosen] = useState(other)
  const go = () => {
    onClose()
    onAgain(chosen)
  }
  return (
    <Dialog title={t('history.again')} onClose={onClose}>
      <Field label={t('history.again-engine')} hint={t('history.again-text')}>
        {(control) => (
          <Select
            {...control}
            value={chosen}
            onChoose={setChosen}
            choices={engines.map(({ id }) => ({ value: id, label: engineName(id) }))}
          />
        )}
      </Field>
      <div className="dialog-actions">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button variant="primary" onClick={go}>
          {t('history.again')}
        </Button>
      </div>
    </Dialog>
  )
}
