// Getting along with a sidecar that comes and goes.

import { setTimeout as pause } from 'node:timers/promises'
import type { SidecarClient } from '../sidecar/client'
import { SidecarError } from '../sidecar/errors'
import type { Supervisor } from '../sidecar/supervisor'

const AGAIN_MS = 20
const BUSY_AGAIN_MS = 500
const BUSY_ATTEMPTS = 40

/** Whether the connection broke: the next client may be asked. */
export function isLost(error: unknown): boolean {
  return error instanceof SidecarError && error.kind === 'SIDECAR_RESTARTED'
}

export function isKind(error: unknown, ...kinds: readonly SidecarError['kind'][]): boolean {
  return error instanceof SidecarError && kinds.includes(error.kind)
}

/** A client other than the one that is over. Rejects with SIDECAR_DOWN. */
export async function nextClient(
  supervisor: Supervisor,
  over: SidecarClient | null,
): Promise<SidecarClient> {
  for (;;) {
    const client = await supervisor.client()
    if (client !== over) return client
    await pause(AGAIN_MS) // whoever listens to the client may know of its end before the supervisor
  }
}

/**
 * Ask once more while the sidecar has too much to do, and the next one where it was lost.
 * `firstOver` is known to be over already.
 */
export async function persistently<T>(
  supervisor: Supervisor,
  ask: (client: SidecarClient) => Promise<T>,
  firstOver: SidecarClient | null = null,
): Promise<T> {
  let over = firstOver
  for (let attempt = 1; ; attempt += 1) {
    const client: SidecarClient = await nextClient(supervisor, over)
    try {
      return await ask(client)
    } catch (error) {
      if (isLost(error)) over = client
      else if (isKind(error, 'BUSY', 'DEADLINE') && attempt < BUSY_ATTEMPTS)
        await beforeAgain(error)
      else throw error
    }
  }
}

/** Delete recordings. Those that are not there, and those of a sidecar that is gone, are left. */
export async function discard(
  supervisor: Supervisor,
  recordings: readonly string[],
): Promise<void> {
  for (const recording of recordings) {
    await persistently(supervisor, (client) => client.call('journal.discard', { recording })).catch(
      (error: unknown) => {
        if (!(error instanceof SidecarError)) throw error
      },
    )
  }
}

function beforeAgain(error: unknown): Promise<void> {
  const wanted = error instanceof SidecarError ? error.retryAfterMs : undefined
  return pause(wanted ?? BUSY_AGAIN_MS)
}
