// Models: what takes long tells its progress and can be stopped.

import type { Event, ModelInfo } from '../../../shared/protocol'
import { SidecarError } from '../../sidecar/errors'
import type { Handlers } from '../answer'
import { ask, type Services } from '../services'

type Channel = Extract<keyof Handlers, `models:${string}`>
type Job = (options: {
  readonly signal: AbortSignal
  readonly onEvent: (event: Event) => void
}) => Promise<ModelInfo>

export function modelHandlers(services: Services): Pick<Handlers, Channel> {
  const jobs = new Map<string, AbortController>()

  /** `name` is the model, or the path that one is imported from. */
  async function run(name: string, job: Job): Promise<ModelInfo> {
    if (jobs.has(name)) {
      throw new SidecarError('BUSY', 'This model is being installed or checked just now.')
    }
    const stopper = new AbortController()
    jobs.set(name, stopper)
    try {
      return await job({
        signal: stopper.signal,
        onEvent: (event) => {
          if (event.t !== 'model_progress') return
          services.tell('models:progress', { model: name, progress: event })
        },
      })
    } finally {
      jobs.delete(name)
    }
  }

  return {
    'models:list': async () => (await ask(services, 'models.list', {})).models,
    'models:install': (model, source) => {
      const params = { model, ...(source !== null && { source }) }
      return run(model, (options) => ask(services, 'models.install', params, options))
    },
    'models:import': (path) =>
      run(path, (options) => ask(services, 'models.import', { path }, options)),
    'models:verify': (model) =>
      run(model, (options) => ask(services, 'models.verify', { model }, options)),
    'models:remove': async (model) => (await ask(services, 'models.remove', { model })).freed_bytes,
    'models:stop': (modelOrPath) => {
      jobs.get(modelOrPath)?.abort()
      return undefined
    },
    'models:pick-folder': () => services.pickFolder(),
    'models:speeds': () => services.speeds(),
  }
}
