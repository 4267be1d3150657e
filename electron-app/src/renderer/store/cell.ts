// A value that components read and are told of: the only kind of state outside of components.

import { useSyncExternalStore } from 'react'

export interface Readable<T> {
  get(): T
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void
}

export interface Cell<T> extends Readable<T> {
  set(value: T): void
}

export function cell<T>(initial: T): Cell<T> {
  let current = initial
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return
      current = value
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The value of now; the component renders again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get)
}
