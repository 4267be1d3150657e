// Which page is shown: the hash of the address, so that a reload shows the same again.

import { useSyncExternalStore } from 'react'
import type { Surface } from '../shared/ipc'

export interface Route {
  readonly surface: Surface
  /** What follows the surface: a section of the settings, say. Empty: none. */
  readonly part: string
}

const SURFACES: readonly Surface[] = ['record', 'history', 'models', 'settings', 'welcome']

export function parseRoute(hash: string): Route {
  const [name, part = ''] = hash.replace(/^#\/?/, '').split('/')
  const surface = SURFACES.find((one) => one === name) ?? 'record'
  return { surface, part }
}

export function hrefOf(surface: Surface, part = ''): string {
  return part === '' ? `#/${surface}` : `#/${surface}/${part}`
}

export function goTo(surface: Surface, part = ''): void {
  location.hash = hrefOf(surface, part)
}

function onHash(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(onHash, () => location.hash))
}
