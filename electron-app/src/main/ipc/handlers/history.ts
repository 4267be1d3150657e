// History and interrupted recordings.

import { type WorkKey, workOn } from '../../../shared/ipc'
import type { EntryId, HistoryEntry } from '../../../shared/protocol'
import { patienceMs, recoverRecording } from '../../dictation/recover'
import { SidecarError } from '../../sidecar/errors'
import type { Handlers } from '../answer'
import { type JobOptions, Jobs } from '../jobs'
import { ask, type Services } from '../services'

const PIECE_BYTES = 4_194_304
/** Nine hours of dictation; a page holds all of it in memory. */
const MAX_AUDIO_BYTES = 1_073_741_824

type Channel = Extract<
  keyof Handlers,
  `history:${string}` | `recordings:${string}` | `work:${string}`
>

export function historyHandlers(services: Services): Pick<Handlers, Channel> {
  const jobs = new Jobs('This is being transcribed just now.')

  const run = (work: WorkKey, job: (options: JobOptions) => Promise<HistoryEntry>) => {
    const tell: JobOptions['onEvent'] = (event) => {
      if (event.t === 'progress') services.tell('work:progress', { work, progress: event })
    }
    return jobs.run(work, tell, job)
  }

  return {
    'recordings:list': async () => {
      const { recordings } = await ask(services, 'journal.list', {})
      return recordings.filter(({ state }) => state !== 'open')
    },
    'recordings:recover': (recording) =>
      run(workOn.recording(recording), async (options) =>
        recoverRecording(await services.supervisor.client(), recording, options),
      ),
    'recordings:discard': async (recording) => {
      await ask(services, 'journal.discard', { recording })
      return undefined
    },
    'history:list': (params) => ask(services, 'history.list', params),
    'history:get': (entry) => ask(services, 'history.get', { entry }),
    'history:update': (params) => ask(services, 'history.update', params),
    'history:delete': async (entries, forGood) =>
      (await ask(services, 'history.delete', { entries, for_good: forGood })).deleted,
    'history:audio': (entry) => wholeAudio(services, entry),
    'history:retranscribe': (entry, engine) =>
      run(workOn.entry(entry), (options) => retranscribe(services, entry, engine, options)),
    'work:stop': (work) => {
      jobs.stop(work)
      return undefined
    },
    'history:export': async (entries, format) =>
      (await ask(services, 'history.export', { entries, format })).content,
  }
}

async function retranscribe(
  services: Services,
  entry: EntryId,
  engine: string | null,
  options: JobOptions,
): Promise<HistoryEntry> {
  const { hotwords, language } = await services.preferences.get()
  const { entry: known } = await ask(services, 'history.get', { entry })
  const params = {
    entry,
    ...(engine !== null && { engine }),
    ...(language !== '' && { language }),
    hotwords,
  }
  const timeoutMs = patienceMs(known.duration_ms)
  return ask(services, 'history.retranscribe', params, { ...options, timeoutMs })
}

/** Piece by piece, since a message takes no more. */
async function wholeAudio(services: Services, entry: EntryId): Promise<Uint8Array> {
  const client = await services.supervisor.client()
  let whole = new Uint8Array(0)
  let offset = 0
  do {
    const { result, binaries } = await client.call('history.audio', {
      entry,
      offset,
      max_bytes: PIECE_BYTES,
    })
    if (offset === 0) whole = roomFor(result.total_bytes)
    const piece = binaries[result.data.$bin]
    if (piece === undefined || piece.length === 0 || offset + piece.length > whole.length) {
      throw new SidecarError('INTERNAL', 'The audio of this entry changed while it was read.')
    }
    whole.set(piece, offset)
    offset += piece.length
  } while (offset < whole.length)
  return whole
}

function roomFor(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes <= MAX_AUDIO_BYTES) return new Uint8Array(bytes)
  throw new SidecarError('TOO_LARGE', 'This recording is too long to be loaded as a whole.')
}
