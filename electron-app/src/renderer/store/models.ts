// The models that are here or can be, and what happens to them just now.

import type { SottoApi } from '../../shared/api'
import type { AppError } from '../../shared/ipc'
import type { ModelInfo, ModelProgressEvent } from '../../shared/protocol'
import { asAppError } from './app-error'
import { cell, type Readable } from './cell'

export interface ModelTask {
  readonly kind: 'install' | 'import' | 'verify' | 'remove'
  readonly state: 'running' | 'stopping' | 'failed' | 'done'
  readonly progress: ModelProgressEvent | null
  readonly error: AppError | null
}

export interface ModelsView {
  /** Null until they are known. */
  readonly models: readonly ModelInfo[] | null
  readonly error: AppError | null
  /** By model; what is imported goes by its path until its name is known. */
  readonly tasks: ReadonlyMap<string, ModelTask>
  /** Processing time / audio time, of those that were measured here. */
  readonly speeds: Readonly<Record<string, number>>
}

export interface ModelsStore extends Readable<ModelsView> {
  load(): Promise<void>
  install(model: string, source: string | null): Promise<void>
  importFrom(path: string): Promise<void>
  verify(model: string): Promise<void>
  remove(model: string): Promise<void>
  /** What came stays; installing goes on from there. */
  stop(model: string): Promise<void>
  /** Stop, and delete what came. */
  cancel(model: string): Promise<void>
  forget(model: string): void
}

/** Without a word for so long, a task that another page began may be over. */
const QUIET_MS = 3000

export function modelsStore(api: SottoApi, onInstalled: () => void): ModelsStore {
  const view = cell<ModelsView>({ models: null, error: null, tasks: new Map(), speeds: {} })
  const change = (changes: Partial<ModelsView>) => view.set({ ...view.get(), ...changes })
  const setTask = (model: string, task: ModelTask | null) => {
    const tasks = new Map(view.get().tasks)
    if (task === null) tasks.delete(model)
    else tasks.set(model, task)
    change({ tasks })
  }
  // Those that this page waits for; what others began is known by its progress alone.
  const own = new Map<string, Promise<void>>()
  let quiet: ReturnType<typeof setTimeout> | undefined
  const settle = (models: readonly ModelInfo[]) => {
    const isGoingOn = (name: string) =>
      own.has(name) || models.some((one) => one.model === name && one.state === 'installing')
    const left = [...view.get().tasks].filter(
      ([name, task]) => task.state === 'failed' || task.state === 'done' || isGoingOn(name),
    )
    return new Map(left)
  }
  const load = async () => {
    try {
      const [models, speeds] = await Promise.all([api.models.list(), api.models.speeds()])
      change({ models, speeds, error: null, tasks: settle(models) })
    } catch (reason) {
      change({ error: asAppError(reason) })
    }
  }
  const run = (model: string, kind: ModelTask['kind'], act: () => Promise<unknown>) => {
    const running = carryOut(model, kind, act)
    own.set(model, running)
    return running
  }
  const carryOut = async (
    model: string,
    kind: ModelTask['kind'],
    act: () => Promise<unknown>,
  ): Promise<void> => {
    setTask(model, { kind, state: 'running', progress: null, error: null })
    try {
      await act()
      // That all files are whole is worth saying; the rest is seen by its result.
      setTask(
        model,
        kind === 'verify' ? { kind, state: 'done', progress: null, error: null } : null,
      )
    } catch (reason) {
      const error = asAppError(reason)
      const wasStopped = error.kind === 'CANCELLED'
      setTask(model, wasStopped ? null : { kind, state: 'failed', progress: null, error })
    } finally {
      own.delete(model)
    }
    await load()
    onInstalled()
  }
  api.on('models:progress', ({ model, progress }) => {
    const task = view.get().tasks.get(model)
    // Begun by another window, or before this page was loaded.
    const known = task ?? { kind: 'install', state: 'running', progress: null, error: null }
    if (known.state === 'running') setTask(model, { ...known, progress })
    if (own.has(model)) return
    clearTimeout(quiet)
    quiet = setTimeout(() => void load(), QUIET_MS)
  })

  const stop = async (model: string) => {
    const task = view.get().tasks.get(model)
    if (task !== undefined) setTask(model, { ...task, state: 'stopping' })
    try {
      await api.models.stop(model)
    } catch (reason) {
      if (task !== undefined) setTask(model, { ...task, error: asAppError(reason) })
    }
  }
  const remove = (model: string) => run(model, 'remove', () => api.models.remove(model))

  return {
    get: view.get,
    subscribe: view.subscribe,
    load,
    install: (model, source) => run(model, 'install', () => api.models.install(model, source)),
    importFrom: (path) => run(path, 'import', () => api.models.import(path)),
    verify: (model) => run(model, 'verify', () => api.models.verify(model)),
    remove,
    stop,
    async cancel(model) {
      await stop(model)
      await own.get(model)
      await remove(model)
    },
    forget: (model) => setTask(model, null),
  }
}
