import { useState } from 'react'
import type { ModelInfo } from '../../../shared/protocol'
import { type MessageKey, t } from '../../i18n'
import { useApp } from '../../store'
import { Button, Field, Select } from '../../ui'

const ANY = ''

const SOURCES: Readonly<Record<string, MessageKey & `models.source.${string}`>> = {
  huggingface: 'models.source.huggingface',
  'hf-mirror': 'models.source.hf-mirror',
  modelscope: 'models.source.modelscope',
}

function sourceName(source: string): string {
  const key = SOURCES[source]
  return key === undefined ? source : t(key)
}

/** Installs the model from wherever the person wants it, or goes on with that. */
export function InstallButton({ model }: { model: ModelInfo }) {
  const { models } = useApp()
  const [source, setSource] = useState(ANY)
  const label = {
    available: t('models.install'),
    partial: t('models.resume'),
    damaged: t('models.repair'),
    installing: t('models.resume'),
    installed: t('models.repair'),
  }[model.state]
  // What was imported can be had from nowhere but its folder.
  if (model.sources.length === 0) return null
  return (
    <>
      <Button
        variant="primary"
        onClick={() => void models.install(model.model, source === ANY ? null : source)}
      >
        {label}
      </Button>
      <div className="model-source">
        <Field label={t('models.source')}>
          {(control) => (
            <Select
              {...control}
              value={source}
              onChoose={setSource}
              choices={[
                { value: ANY, label: t('models.source.any') },
                ...model.sources.map((value) => ({ value, label: sourceName(value) })),
              ]}
            />
          )}
        </Field>
      </div>
    </>
  )
}
