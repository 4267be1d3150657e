import { t } from '../../i18n'
import { Button } from '../../ui'
import { CheckIcon } from '../../ui/icons'
import { useChosenEngine } from './use-engine'

/** Chooses the engine; says so where it is chosen already. */
export function UseEngineButton({ engine }: { engine: string }) {
  const { current, choose } = useChosenEngine()
  if (current === engine)
    return (
      <span className="model-current">
        <CheckIcon />
        {t('models.current')}
      </span>
    )
  return (
    <Button variant="primary" onClick={() => choose(engine)}>
      {t('models.use')}
    </Button>
  )
}
