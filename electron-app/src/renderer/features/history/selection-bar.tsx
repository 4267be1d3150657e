import { useState } from 'react'
import type { EntryId } from '../../../shared/protocol'
import { t } from '../../i18n'
import { Button } from '../../ui'
import { ExportDialog } from './dialogs'

interface SelectionBarProps {
  readonly chosen: readonly EntryId[]
  readonly isTrash: boolean
  readonly onRemove: () => void
  readonly onRestore: () => void
  readonly onClear: () => void
}

/** In the place of the search, while entries are selected. */
export function SelectionBar({ chosen, isTrash, ...on }: SelectionBarProps) {
  const [isExporting, setExporting] = useState(false)
  return (
    <div className="toolbar">
      <p className="selection-count" role="status">
        {t('history.selected', { count: chosen.length })}
      </p>
      <div className="row">
        <Button onClick={() => setExporting(true)}>{t('history.export')}</Button>
        {isTrash ? <Button onClick={on.onRestore}>{t('history.restore')}</Button> : null}
        <Button variant="danger" onClick={on.onRemove}>
          {t(isTrash ? 'history.for-good' : 'common.delete')}
        </Button>
        <Button variant="plain" onClick={on.onClear}>
          {t('history.clear')}
        </Button>
      </div>
      {isExporting ? <ExportDialog entries={chosen} onClose={() => setExporting(false)} /> : null}
    </div>
  )
}
