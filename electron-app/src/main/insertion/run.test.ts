import { describe, expect, test } from 'vitest'
import { runWith } from './run'

const NODE = process.execPath
const run = runWith(process.env)

describe('running a program', () => {
  test('tells how it ended and what it wrote', async () => {
    const script = 'console.log("out"); console.error("err"); process.exitCode = 3'

    const result = await run(NODE, ['-e', script], { timeoutMs: 60_000 })

    expect(result).toEqual({ kind: 'ended', code: 3, out: 'out', err: 'err' })
  })

  test('gives arguments and input as they are: no shell reads them', async () => {
    const script = 'process.stdin.on("data", (d) => console.log(process.argv[1], String(d)))'

    const result = await run(NODE, ['-e', script, '$(id) "; echo'], {
      input: '`id`',
      timeoutMs: 60_000,
    })

    expect(result).toMatchObject({ code: 0, out: '$(id) "; echo `id`' })
  })

  test('says that a program is missing', async () => {
    const result = await run('no-such-program-of-ours', [])

    expect(result).toEqual({ kind: 'missing' })
  })

  test('does not fail over a program that the system will not even try', async () => {
    const result = await runWith({ ...process.env, LONG: 'x'.repeat(3_000_000) })(NODE, [])

    expect(result).toMatchObject({ kind: 'ended', code: -1 })
  })

  test('kills a program that does not end', async () => {
    const result = await run(NODE, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 })

    expect(result).toEqual({ kind: 'late' })
  })

  test('does not fail over a program that reads nothing', async () => {
    const input = 'x'.repeat(1_000_000)

    const result = await run(NODE, ['-e', 'process.exit(0)'], { input, timeoutMs: 60_000 })

    expect(result).toMatchObject({ kind: 'ended', code: 0 })
  })
})
