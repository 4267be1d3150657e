// A program that owns a sidecar, for tests of what is left when such a program ends.
// It says the sidecar's process id on stdout, and stops it when its own stdin ends.

import { startSidecar } from './testing'

const sidecar = startSidecar()
const client = await sidecar.client()
process.stdout.write(`${JSON.stringify({ pid: client.hello.pid, folder: sidecar.folder })}\n`)
process.stdin.resume()
process.stdin.once('end', async () => {
  await sidecar.stop()
  process.stdout.write('stopped\n')
})
