// Reads messages through the compiled TypeScript codec and writes them again, one per line:
// {"from", "answers", "frames"} in, the header's hex out, or "refused: why".
// usage: node echo.cjs CODEC_JS

const readline = require('node:readline')
const { encode } = require('@msgpack/msgpack')
const codec = require(process.argv[2])

function echo({ from, answers, frames }) {
  const bytes = frames.map((frame) => Buffer.from(frame, 'hex'))
  if (from === 'sidecar') {
    const message = codec.decodeServerMessage(bytes)
    if ('result' in message) codec.decodeResult(answers, message)
    return encode(message, { sortKeys: true })
  }
  const { id, method, params, meta } = codec.decodeClientMessage(bytes)
  if (id === undefined) return codec.encodeNotification(method, params)
  return codec.encodeRequest(id, method, params, meta.tmo)
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  try {
    console.log(Buffer.from(echo(JSON.parse(line))).toString('hex'))
  } catch (error) {
    if (!(error instanceof codec.ProtocolError)) throw error
    console.log(`refused: ${JSON.stringify(error.message)}`) // it may quote a line feed
  }
})
