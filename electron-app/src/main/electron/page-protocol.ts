// Pages come from app://sotto, a scheme that serves the built files and nothing else.

import { readFile } from 'node:fs/promises'
import { protocol, type Session } from 'electron'
import { findPageFiles, headersOf } from '../page-files'
import { PAGE_HEADERS } from '../page-security'
import { ORIGIN, SCHEME } from './channels'

/** Before the app is ready: the scheme is as good as https. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

/** Rejects where the page was not built. */
export async function servePages(folder: string): Promise<void> {
  const files = await findPageFiles(folder)
  protocol.handle(SCHEME, async ({ method, url }) => {
    const { origin, pathname } = addressOf(url)
    const path = origin === ORIGIN && method === 'GET' ? files.get(pathname) : undefined
    if (path === undefined) return new Response('There is nothing here.', { status: 404 })
    const body = new Uint8Array(await readFile(path))
    return new Response(body, { headers: { ...PAGE_HEADERS, ...headersOf(path) } })
  })
}

/** Our pages may hear the microphone; nobody may do anything else. */
export function limitPermissions(session: Session): void {
  session.setPermissionRequestHandler((_page, permission, allow, details) => {
    const asked = permission === 'media' && 'mediaTypes' in details ? details.mediaTypes : []
    allow(asked?.join() === 'audio' && isOurPage(details.requestingUrl))
  })
  session.setPermissionCheckHandler((_page, permission, origin, details) => {
    return permission === 'media' && details.mediaType === 'audio' && isOurPage(origin)
  })
  session.setDevicePermissionHandler(() => false)
}

function isOurPage(url: string): boolean {
  return URL.canParse(url) && addressOf(url).origin === ORIGIN
}

/** Of other schemes than http(s), URL says that the origin is "null". */
function addressOf(url: string): { origin: string; pathname: string } {
  const { protocol: scheme, host, pathname } = new URL(url)
  return { origin: `${scheme}//${host}`, pathname }
}
