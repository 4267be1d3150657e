import { t } from '../../i18n'
import { goTo } from '../../route'
import { useApp, usePreferences, useReadable } from '../../store'
import { Button, EmptyState } from '../../ui'

/** Why there is nothing to see, and what to do about it. */
export function NoEntries() {
  const { history } = useApp()
  const { filter } = useReadable(history)
  const preferences = usePreferences()
  if (filter.query.trim() !== '')
    return (
      <EmptyState title={t('history.none.title')} text={t('history.none.text')}>
        <Button onClick={() => void history.show({ query: '' })}>{t('history.none.action')}</Button>
      </EmptyState>
    )
  if (filter.show === 'starred')
    return <EmptyState title={t('history.no-stars.title')} text={t('history.no-stars.text')} />
  if (filter.show === 'trash')
    return <EmptyState title={t('history.trash.title')} text={t('history.trash.text')} />
  if (preferences?.keep_history === false)
    return (
      <EmptyState title={t('history.off.title')} text={t('history.off.text')}>
        <Button onClick={() => goTo('settings', 'privacy')}>{t('history.off.action')}</Button>
      </EmptyState>
    )
  return (
    <EmptyState title={t('history.empty.title')} text={t('history.empty.text')}>
      <Button variant="primary" onClick={() => goTo('record')}>
        {t('history.empty.action')}
      </Button>
    </EmptyState>
  )
}
