import { engineName, t } from '../../i18n'
import { goTo } from '../../route'
import { useApp, useHost, useReadable, useSidecarStatus } from '../../store'
import { Button } from '../../ui'
import { useCopyReport, useRestart } from '../errors'
import { Setting } from './setting'

/** What runs here, and what helps when something does not. */
export function AboutSection() {
  const copyReport = useCopyReport()
  const restart = useRestart()
  return (
    <>
      <Facts />
      <Setting label={t('errors.report')} hint={t('settings.report-hint')}>
        {(control) => (
          <Button {...control} onClick={copyReport}>
            {t('errors.report')}
          </Button>
        )}
      </Setting>
      <Setting label={t('errors.restart')} hint={t('settings.restart-hint')}>
        {(control) => (
          <Button {...control} onClick={restart}>
            {t('errors.restart')}
          </Button>
        )}
      </Setting>
      <Button variant="plain" onClick={() => goTo('welcome')}>
        {t('settings.welcome-again')}
      </Button>
    </>
  )
}

function Facts() {
  const host = useHost()
  const { state } = useSidecarStatus()
  const engines = useReadable(useApp().engines)?.engines ?? []
  return (
    <dl className="facts">
      {host === null ? null : (
        <>
          <dt>{t('settings.version')}</dt>
          <dd>{host.version}</dd>
          <dt>{t('settings.host')}</dt>
          <dd>{t(`settings.host.${host.host}`, { platform: host.platform })}</dd>
        </>
      )}
      <dt>{t('settings.sidecar')}</dt>
      <dd>{t(`settings.sidecar.${state}`)}</dd>
      {engines.map((engine) => (
        <div key={engine.id} className="facts-row">
          <dt>{engineName(engine.id)}</dt>
          <dd>{t(`settings.engine-state.${engine.state}`)}</dd>
        </div>
      ))}
    </dl>
  )
}
