// The host itself, its sidecar, its windows.

import { inspect } from 'node:util'
import type { Handlers } from '../answer'
import { ask, type Services } from '../services'

type Channel = Extract<
  keyof Handlers,
  `host:${string}` | `sidecar:${string}` | `engines:${string}` | `window:${string}`
>

export function hostHandlers(services: Services): Pick<Handlers, Channel> {
  const { supervisor, surfaces } = services
  return {
    'host:info': () => services.info(),
    'sidecar:status': () => supervisor.status,
    'sidecar:restart': () => {
      supervisor.restart()
      return undefined
    },
    'sidecar:report': () => report(services),
    'engines:list': async () => {
      const { default_engine: defaultEngine, engines } = await ask(services, 'sys.info', {})
      return { defaultEngine, engines }
    },
    'window:show': (surface) => {
      surfaces.show(surface)
      return undefined
    },
    'window:hide-pill': () => {
      surfaces.hidePill()
      return undefined
    },
  }
}

/** What the sidecar cannot say while it is away is left out; the log says why it is. */
async function report(services: Services): Promise<string> {
  const { supervisor } = services
  const { host, version, platform } = services.info()
  const parts: [string, unknown][] = [
    ['Host', { host, version, platform, node: process.versions.node }],
    ['Sidecar', supervisor.status],
  ]
  if (supervisor.status.state === 'ready') {
    for (const method of ['sys.info', 'sys.diag'] as const) {
      parts.push([method, await ask(services, method, {}).catch(({ kind }) => kind)])
    }
  }
  const sections = parts.map(([title, facts]) => `${title}\n${inspect(facts, { depth: 6 })}`)
  return [...sections, `Log\n${supervisor.logTail().join('\n')}`].join('\n\n')
}
