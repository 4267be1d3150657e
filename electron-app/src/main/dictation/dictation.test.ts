import { afterEach, expect, test } from 'vitest'
import type { HistoryEntry } from '../../shared/protocol'
import type { TestOptions } from '../sidecar/testing'
import { chunksOf, Desk, sentences } from './testing'

const SAID = sentences(3)
const open: Desk[] = []

/** Preferences are those of this desk alone. */
function desk(options?: TestOptions): Desk {
  const made = new Desk(options)
  open.push(made)
  return made
}

afterEach(async () => {
  const desks = open.splice(0)
  await Promise.all(desks.map((each) => each.stop()))
  expect(desks.flatMap((each) => each.unexpected)).toEqual([])
}, 30_000)

/** Whether an entry has exactly what was said. */
async function hasTheAudio(own: Desk, entry: HistoryEntry | undefined): Promise<boolean> {
  if (entry === undefined) return false
  return (await own.audio(entry.entry)).equals(Buffer.concat([...chunksOf(SAID)]))
}

test('what is said becomes text, is inserted and kept with its audio', async () => {
  const own = desk()

  const speaker = await own.dictate(SAID)

  const [final] = speaker.of('final')
  const [saved] = speaker.of('saved')
  const [entry] = await own.entries()
  expect([...speaker.kinds].sort()).toEqual(
    ['transcribing', 'opened', 'final', 'inserted', 'saved', 'ended'].sort(),
  )
  expect(speaker.kinds.slice(0, 3)).toEqual(['transcribing', 'opened', 'final'])
  expect(speaker.events.at(-1)).toEqual({ kind: 'ended', outcome: 'done' })
  expect(final?.text.split(' ').length).toBeGreaterThan(15)
  expect(speaker.shown).toBe(final?.text)
  expect(own.inserter.inserted).toEqual([final?.text])
  expect(entry).toMatchObject({ entry: saved?.entry, text: final?.text, engine: 'scripted' })
  expect(entry?.duration_ms).toBe(100 * chunksOf(SAID).length)
  expect(await hasTheAudio(own, entry)).toBe(true)
  expect(await own.recordings()).toEqual([])
  expect(own.dictations.speeds()['scripted']).toBeGreaterThan(0)
}, 60_000)
