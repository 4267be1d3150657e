// Models: what takes long tells its progress and can be stopped.

import type { ModelInfo } from '../../../shared/protocol'
import type { Handlers } from '../answer'
import { type JobOptions, Jobs } from '../jobs'
import { ask, type Services } from '../services'

type Channel = Extract<keyof Handlers, `models:${string}`>

export function modelHandlers(services: Services): Pick<Handlers, Channel> {
  const jobs = new Jobs('This model is being installed or checked just now.')

  /** `name` is the model, or the path that one is imported from. */
  const run = (name: string, work: (options: JobOptions) => Promise<ModelInfo>) => {
    const tell: JobOptions['onEvent'] = (event) => {
      if (event.t !== 'model_progress') return
      services.tell('models:progress', { model: name, progress: event })
    }
    return jobs.run(name, tell, work)
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
      jobs.stop(modelOrPath)
      return undefined
    },
    'models:pick-folder': () => services.pickFolder(),
    'models:speeds': () => services.speeds(),
  }
}
