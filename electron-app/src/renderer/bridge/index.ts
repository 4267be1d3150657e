// Sets `window.sotto`, where Electron's preload has not: a browser speaks to the web host.

import { makeApi } from '../../shared/api'
import { BRIDGE_PATH } from '../../shared/frames'
import { type Socket, WebBridge } from './web-bridge'

const KEY = 'sotto.key'
const TOKEN = /^#token=([\w-]+)$/

/** Taken out of the address, so that it is in no bookmark and routes begin with a clean one. */
function takeToken(): string | null {
  const token = TOKEN.exec(location.hash)?.[1]
  if (token === undefined) return null
  history.replaceState(null, '', location.pathname + location.search)
  return token
}

function openSocket(): Socket {
  const socket = new WebSocket(`ws://${location.host}${BRIDGE_PATH}`)
  socket.binaryType = 'arraybuffer'
  return socket as Socket
}

function connect(): WebBridge {
  const bridge = new WebBridge({
    token: takeToken(),
    openSocket,
    loadKey: () => localStorage.getItem(KEY),
    saveKey: (key) => localStorage.setItem(KEY, key),
    writeClipboard: (text) => navigator.clipboard.writeText(text),
  })
  addEventListener('storage', ({ key }) => {
    if (key === KEY) bridge.retry()
  })
  return bridge
}

window.sotto ??= makeApi(connect())
