// Short notices at the edge of the page. Those with something to do stay longer.

import { cell, type Readable } from './cell'

export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'danger'
  readonly action?: ToastAction
}

export interface ToastStore extends Readable<readonly Toast[]> {
  show(toast: { text: string; tone?: Toast['tone']; action?: ToastAction }): void
  dismiss(id: number): void
}

/** More would hide the page; the oldest go first. */
const MOST = 3

export function toastStore(): ToastStore {
  const toasts = cell<readonly Toast[]>([])
  let lastId = 0
  return {
    get: toasts.get,
    subscribe: toasts.subscribe,
    show({ text, tone = 'plain', action }) {
      lastId += 1
      const toast = { id: lastId, text, tone, ...(action ? { action } : {}) }
      toasts.set([...toasts.get(), toast].slice(-MOST))
    },
    dismiss: (id) => toasts.set(toasts.get().filter((toast) => toast.id !== id)),
  }
}
