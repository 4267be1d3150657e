import { useEffect } from 'react'
import { useApp, useReadable, useSidecarStatus } from '../../store'
import { BuiltinCard } from './builtin-card'
import { ModelCard } from './model-card'
import './models.css'

/** What works without a download, then the models of the catalogue. */
export function ModelList() {
  const { models: store, engines } = useApp()
  const { models, tasks, speeds } = useReadable(store)
  const status = useReadable(engines)
  const { state } = useSidecarStatus()
  useEffect(() => {
    if (state === 'ready') void store.load()
  }, [store, state])

  if (models === null) return null
  const names = models.map(({ model }) => model)
  const others = (status?.engines ?? []).filter(({ id }) => !names.includes(id))
  return (
    <ul className="model-list">
      {others.map((engine) => (
        <li key={engine.id}>
          <BuiltinCard engine={engine} rtf={speeds[engine.id]} />
        </li>
      ))}
      {models.map((model) => (
        <li key={model.model}>
          <ModelCard model={model} task={tasks.get(model.model)} rtf={speeds[model.model]} />
        </li>
      ))}
    </ul>
  )
}
