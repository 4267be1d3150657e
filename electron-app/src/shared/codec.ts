// Frames to messages and back, as sidecar/protocol/codec.py does it.
//
// A message is [header, binary...]: the header is one msgpack map, and every binary frame is
// referred to exactly once, as {$bin: index}, from within it.

import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack'
import {
  type Failure,
  isFailure,
  isMap,
  isNotification,
  isRequest,
  isResult,
  LIMITS,
  METHODS,
  type MethodName,
  type Methods,
  NOTIFICATIONS,
  type Notification,
  type NotificationName,
  type Notifications,
  type Request,
  type Result,
} from './protocol'

/** The frames are no message of this protocol, or what was to be sent would be none. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

export type Frames = readonly Uint8Array[]

/** Read what a client sent. Throws ProtocolError. */
export function decodeClientMessage(frames: Frames): Request | Notification {
  const header = unpack(frames, LIMITS.max_header_bytes)
  if ('id' in header) return requireRequest(header)
  return requireNotification(header)
}

/** Read what the sidecar sent; a result still has to pass `decodeResult`. Throws ProtocolError. */
export function decodeServerMessage(frames: Frames): Result | Failure | Notification {
  const header = unpack(frames, LIMITS.max_reply_bytes)
  if ('method' in header) return requireNotification(header)
  if (isFailure(header)) return header
  if (!('error' in header) && isResult(header)) return header
  throw new ProtocolError('The answer has neither a result nor an error that fits.')
}

/** The result of `method`. Throws ProtocolError where it does not fit. */
export function decodeResult<M extends MethodName>(
  method: M,
  { result }: Result,
): Methods[M]['result'] {
  if (!METHODS[method].isResult(result)) {
    throw new ProtocolError(`The answer to ${method} does not fit.`)
  }
  return result
}

/** The header of a request. Throws ProtocolError where it would not be understood. */
export function encodeRequest<M extends MethodName>(
  id: number,
  method: M,
  params: Methods[M]['params'],
  tmoMs: number,
): Uint8Array {
  return pack(requireRequest({ jsonrpc: '2.0', id, method, params, meta: { tmo: tmoMs } }))
}

/** The header of a notification. Throws ProtocolError where it would not be understood. */
export function encodeNotification<N extends NotificationName>(
  method: N,
  params: Notifications[N],
): Uint8Array {
  return pack(requireNotification({ jsonrpc: '2.0', method, params }))
}

function requireRequest(message: unknown): Request {
  if (!isRequest(message)) throw new ProtocolError('The envelope of a request does not fit.')
  if (!Object.hasOwn(METHODS, message.method)) {
    throw new ProtocolError(`There is no method ${message.method}.`)
  }
  if (!METHODS[message.method as MethodName].isParams(message.params)) {
    throw new ProtocolError(`The parameters of ${message.method} do not fit.`)
  }
  return message
}

function requireNotification(message: unknown): Notification {
  if (!isNotification(message))
    throw new ProtocolError('The envelope of a notification does not fit.')
  if (!Object.hasOwn(NOTIFICATIONS, message.method)) {
    throw new ProtocolError(`There is no notification ${message.method}.`)
  }
  if (!NOTIFICATIONS[message.method as NotificationName].isParams(message.params)) {
    throw new ProtocolError(`The parameters of ${message.method} do not fit.`)
  }
  return message
}

const decoder = new Decoder({
  maxStrLength: LIMITS.max_str_bytes,
  maxArrayLength: LIMITS.max_array_len,
  maxMapLength: LIMITS.max_map_len,
  maxBinLength: 0,
  maxExtLength: 0,
  extensionCodec: refusingExtensions(),
  keyDecoder: null,
  mapKeyConverter: requireTextKey,
})

const encoder = new Encoder({
  sortKeys: true,
  ignoreUndefined: true,
  extensionCodec: refusingExtensions(),
})

function refusingExtensions(): ExtensionCodec {
  const codec = new ExtensionCodec()
  codec.decode = () => {
    throw new ProtocolError('Extensions have no place in a header.')
  }
  return codec
}

function requireTextKey(key: unknown): string {
  if (typeof key !== 'string') throw new ProtocolError('The keys of a map must be texts.')
  return key
}

function pack(message: Request | Notification): Uint8Array {
  const header = encoder.encode(message)
  if (header.length > LIMITS.max_header_bytes) {
    throw new ProtocolError(`A header has at most ${LIMITS.max_header_bytes} bytes.`)
  }
  return header
}

function unpack([bytes, ...binaries]: Frames, maxBytes: number): Record<string, unknown> {
  if (bytes === undefined) throw new ProtocolError('A message needs a header frame.')
  if (bytes.length > maxBytes) throw new ProtocolError(`A header has at most ${maxBytes} bytes.`)
  const header = decodeStrictly(bytes)
  if (!isMap(header)) throw new ProtocolError('The header must be one map.')
  checkBinaries(header, binaries)
  checkCanonical(header, bytes)
  return header
}

function decodeStrictly(bytes: Uint8Array): unknown {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new ProtocolError('The header is not msgpack within the limits.', { cause: error })
  }
}

// The library repairs bad UTF-8 and rounds large integers without a word, and cannot tell 1.0
// from 1. The sidecar writes canonical bytes, so whatever encodes differently is not from it.
function checkCanonical(header: unknown, bytes: Uint8Array): void {
  const canonical = encoder.encodeSharedRef(header)
  if (canonical.length !== bytes.length || canonical.some((byte, i) => byte !== bytes[i])) {
    throw new ProtocolError('The header is not canonical msgpack.')
  }
}

/** Every binary frame is referred to exactly once, and is not too large. */
function checkBinaries(header: unknown, binaries: Frames): void {
  const references = binaryReferences(header, 1)
  const complete = binaries.every((_, index) => references.includes(index))
  if (!complete || references.length !== binaries.length || binaries.length > LIMITS.max_binaries) {
    throw new ProtocolError(
      `$bin must refer to every binary frame once; at most ${LIMITS.max_binaries} are allowed.`,
    )
  }
  if (binaries.some((binary) => binary.length > LIMITS.max_binary_bytes)) {
    throw new ProtocolError(`A binary frame has at most ${LIMITS.max_binary_bytes} bytes.`)
  }
}

function binaryReferences(node: unknown, depth: number): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  if (depth > LIMITS.max_depth) {
    throw new ProtocolError(`The header is nested deeper than ${LIMITS.max_depth} levels.`)
  }
  const inner = Object.values(node).flatMap((child) => binaryReferences(child, depth + 1))
  return '$bin' in node ? [node.$bin, ...inner] : inner
}
