import { expect, test } from 'vitest'
import { chunksOf, type Desk, desks, type Speaker, sentences, unceasing } from './testing'

const N_KILLS = Number(process.env['SOTTO_KILLS'] ?? '3') // some seconds each
const SAID = sentences(4)
const CHUNKS = chunksOf(SAID)
const SAID_MS = 100 * CHUNKS.length
const desk = desks()

/** What is said when nothing happens, told once for all tests. */
let uninterrupted: Promise<string> | undefined

async function text(): Promise<string> {
  uninterrupted ??= desk()
    .dictate(SAID)
    .then((speaker) => speaker.of('final')[0]?.text ?? '')
  return uninterrupted
}

/** A number from 0 to 1 for each seed: what fails once can be had again. */
function random(seed: number): number {
  const x = Math.sin(seed + 1) * 10_000
  return x - Math.floor(x)
}

async function speakAndKill(own: Desk, speaker: Speaker, at: number): Promise<void> {
  await speaker.speak(part(0, at))
  await own.kill()
  await speaker.speak(part(at, CHUNKS.length))
}

function part(from: number, to: number): Uint8Array {
  return new Uint8Array(Buffer.concat(CHUNKS.slice(from, to)))
}

async function expectAllOfIt(own: Desk, speaker: Speaker): Promise<void> {
  expect(await speaker.ended()).toBe('done')
  expect(speaker.of('final')[0]?.text).toBe(await text())
  expect(speaker.shown).toBe(await text())
  expect(own.inserter.inserted).toEqual([await text()])
  expect(await own.entries()).toMatchObject([{ text: await text(), duration_ms: SAID_MS }])
  expect(await own.hasTheAudio(SAID)).toBe(true)
  expect(await own.recordings()).toEqual([])
}

for (let seed = 0; seed < N_KILLS; seed += 1) {
  const at = 1 + Math.floor(random(seed) * (CHUNKS.length - 1))

  test(`the text is whole when the sidecar is killed after ${at} of ${CHUNKS.length} chunks`, async () => {
    const own = desk()
    await own.sidecar.client()
    const speaker = own.open()

    await speakAndKill(own, speaker, at)
    speaker.stop()

    await expectAllOfIt(own, speaker)
    expect(speaker.of('interrupted').length).toBe(speaker.of('resumed').length)
  }, 60_000)
}

test('the text is whole when the sidecar is killed again and again', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.until('opened')

  for (let n = 1; n <= 3; n += 1) {
    await speaker.speak(part((n - 1) * 50, n * 50))
    await own.kill()
    await speaker.until('resumed', n)
  }
  await speaker.speak(part(150, CHUNKS.length))
  speaker.stop()

  await expectAllOfIt(own, speaker)
}, 60_000)

test('what had been shown and is not final is replaced when the next one goes on', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(part(0, 50))
  await speaker.until('commit')
  const settled = speaker.shown
  const said = [part(0, 50)]
  for (const chunk of unceasing()) {
    if (speaker.shown !== settled) break // some of what goes on is committed
    said.push(chunk)
    await speaker.speak(chunk, 40)
  }
  const shown = speaker.shown

  await own.kill()
  const { text: stands } = await speaker.until('resumed')
  speaker.stop()

  expect(await speaker.ended()).toBe('done')
  expect(stands).toBe(settled)
  expect(shown.startsWith(settled)).toBe(true)
  expect(speaker.shown).toBe(speaker.of('final')[0]?.text)
  expect(await own.hasTheAudio(new Uint8Array(Buffer.concat(said)))).toBe(true)
}, 60_000)

test('stopping while the sidecar is away waits for the next one', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.speak(SAID)
  await speaker.until('commit')

  await own.kill()
  await speaker.until('interrupted')
  speaker.stop()

  await expectAllOfIt(own, speaker)
  expect(speaker.kinds.slice(0, 5)).toEqual([
    'opened',
    'interrupted',
    'transcribing',
    'resumed',
    'final',
  ])
}, 60_000)

test('a sidecar that is killed while it makes the last text does not cost it', async () => {
  const own = desk()
  await own.choose({ hotwords: ['rtf:0.3'] })
  const speaker = own.open()
  await speaker.until('opened')
  speaker.say(SAID)
  speaker.stop()
  await speaker.until('commit')

  await own.kill()

  await expectAllOfIt(own, speaker)
}, 60_000)

test('a sidecar that is killed after the final text still keeps it, once', async () => {
  const own = desk()
  const { pid } = (await own.sidecar.client()).hello
  const speaker = own.open()
  own.dictations.onEvent(({ event }) => {
    if (event.kind === 'final') process.kill(pid, 'SIGKILL')
  })
  speaker.say(SAID)
  speaker.stop()

  await expectAllOfIt(own, speaker)
  expect(speaker.of('saved').length).toBe(1)
}, 60_000)

test('a broken connection to a sidecar that lives costs nothing', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.speak(part(0, 70))
  await speaker.until('commit')
  const client = await own.sidecar.client()

  client.close()
  await speaker.speak(part(70, CHUNKS.length))
  await speaker.until('resumed')
  speaker.stop()

  await expectAllOfIt(own, speaker)
  expect((await own.sidecar.client()).hello.epoch).toBe(client.hello.epoch)
  const commits = speaker.of('commit').map((commit) => commit.text)
  expect(commits.join('')).toBe(await text()) // nothing was taken back
}, 60_000)

test('a sidecar that is asked to leave is followed by one that goes on', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.speak(part(0, 60))
  await speaker.until('commit')

  own.sidecar.supervisor.restart()
  await speaker.speak(part(60, CHUNKS.length))
  await speaker.until('resumed')
  speaker.stop()

  expect(await speaker.ended()).toBe('done')
  expect(speaker.shown).toBe(speaker.of('final')[0]?.text)
  expect(await own.hasTheAudio(SAID)).toBe(true)
  expect(await own.recordings()).toEqual([])
}, 60_000)

test('a private dictation survives as well, and leaves nothing', async () => {
  const own = desk()
  await own.sidecar.client()
  const speaker = own.open(true)

  await speakAndKill(own, speaker, 80)
  speaker.stop()

  expect(await speaker.ended()).toBe('done')
  expect(own.inserter.inserted).toEqual([await text()])
  expect(await own.recordings()).toEqual([])
  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('what is cancelled while the sidecar is away leaves nothing', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.speak(SAID)
  await speaker.until('commit')
  await own.kill()
  await speaker.until('interrupted')

  speaker.cancel(false)

  expect(await speaker.ended()).toBe('cancelled')
  expect(await own.recordings()).toEqual([])
  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('Chinese goes on after a restart without a space', async () => {
  const own = desk()
  await own.choose({ hotwords: ['say:今天很好。'] })
  const speaker = own.open()
  await speaker.until('opened')

  await speakAndKill(own, speaker, 80)
  speaker.stop()
  await speaker.ended()

  expect(speaker.of('final')[0]?.text).toBe('今天很好。'.repeat(4))
  expect(speaker.shown).toBe('今天很好。'.repeat(4))
}, 60_000)
