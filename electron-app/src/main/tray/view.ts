// What the tray shows, as a function of what goes on.

import type { SidecarStatus, Surface } from '../../shared/ipc'
import { type TrayWords, type UiLanguage, WORDS } from './words'

export type Activity = 'idle' | 'recording' | 'transcribing'

export interface TrayState {
  readonly uiLanguage: UiLanguage
  readonly sidecar: SidecarStatus
  readonly activity: Activity
  readonly isPrivate: boolean
  /** As Electron spells it; empty: none. */
  readonly hotkey: string
  /** Names of engines, and which of them is chosen; empty: the default one. */
  readonly engines: readonly string[]
  readonly engine: string
  /** BCP 47 tags that the chosen engine knows, and the chosen one; empty: found out. */
  readonly languages: readonly string[]
  readonly language: string
}

export type TrayAction =
  /** `isOn`: one goes on, which ends by it. */
  | { readonly do: 'dictate'; readonly isOn: boolean }
  | { readonly do: 'copy-last' }
  | { readonly do: 'set-private'; readonly on: boolean }
  | { readonly do: 'choose-engine'; readonly engine: string }
  | { readonly do: 'choose-language'; readonly language: string }
  | { readonly do: 'show'; readonly surface: Surface }
  | { readonly do: 'restart-engine' }
  | { readonly do: 'quit' }

export type MenuItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'label'; readonly label: string }
  | {
      readonly kind: 'action'
      readonly label: string
      readonly action: TrayAction
      readonly isEnabled: boolean
      /** Shown beside it; pressing it is heard elsewhere. */
      readonly accelerator?: string
    }
  | {
      readonly kind: 'switch'
      readonly label: string
      readonly isOn: boolean
      readonly action: TrayAction
    }
  | { readonly kind: 'choice'; readonly label: string; readonly options: readonly Option[] }

export interface Option {
  readonly label: string
  readonly isChosen: boolean
  readonly action: TrayAction
}

export type TrayIcon = 'idle' | 'recording' | 'busy' | 'error'

export interface TrayView {
  readonly icon: TrayIcon
  readonly tooltip: string
  readonly menu: readonly MenuItem[]
}

export function viewOf(state: TrayState): TrayView {
  return { icon: iconOf(state), tooltip: `Sotto: ${statusOf(state)}`, menu: menuOf(state) }
}

/** Recording comes first: it goes on whatever the engine does. */
function iconOf({ activity, sidecar }: TrayState): TrayIcon {
  if (activity === 'recording') return 'recording'
  if (sidecar.state === 'failed') return 'error'
  return activity === 'transcribing' || sidecar.state !== 'ready' ? 'busy' : 'idle'
}

function statusOf(state: TrayState): string {
  const words = WORDS[state.uiLanguage]
  const status = plainStatusOf(state, words)
  return state.isPrivate ? `${status} (${words.privately})` : status
}

function plainStatusOf({ activity, sidecar }: TrayState, words: TrayWords): string {
  if (activity === 'recording') return words.recording
  switch (sidecar.state) {
    case 'ready':
      return activity === 'idle' ? words.ready : words.transcribing
    case 'starting':
      return words.starting
    case 'restarting':
      return words.restarting
    case 'unresponsive':
      return words.unresponsive
    case 'failed':
      return words.failed
    case 'stopping':
    case 'stopped':
      return words.stopped
    default:
      return sidecar satisfies never
  }
}

function menuOf(state: TrayState): readonly MenuItem[] {
  const words = WORDS[state.uiLanguage]
  const isReady = state.sidecar.state === 'ready'
  const act = (label: string, action: TrayAction, isEnabled = true): MenuItem => ({
    kind: 'action',
    label,
    action,
    isEnabled,
  })
  return [
    { kind: 'label', label: statusOf(state) },
    dictateItem(state, words),
    act(words.copyLast, { do: 'copy-last' }, isReady),
    {
      kind: 'switch',
      label: words.privateMode,
      isOn: state.isPrivate,
      action: { do: 'set-private', on: !state.isPrivate },
    },
    { kind: 'separator' },
    ...(isReady ? [engineItem(state, words), languageItem(state, words)] : []),
    act(words.restart, { do: 'restart-engine' }),
    { kind: 'separator' },
    act(words.open, { do: 'show', surface: 'record' }),
    act(words.history, { do: 'show', surface: 'history' }),
    act(words.settings, { do: 'show', surface: 'settings' }),
    { kind: 'separator' },
    act(words.quit, { do: 'quit' }),
  ]
}

/** Also while the engine starts or restarts: what is said meanwhile is kept. */
function dictateItem({ activity, hotkey }: TrayState, words: TrayWords): MenuItem {
  const isOn = activity === 'recording'
  return {
    kind: 'action',
    label: isOn ? words.stop : words.start,
    action: { do: 'dictate', isOn },
    isEnabled: true,
    ...(hotkey !== '' && { accelerator: hotkey }),
  }
}

function engineItem({ engine, engines }: TrayState, words: TrayWords): MenuItem {
  const option = (name: string): Option => ({
    label: name === '' ? words.newest : name,
    isChosen: name === engine,
    action: { do: 'choose-engine', engine: name },
  })
  return { kind: 'choice', label: words.engine, options: ['', ...engines].map(option) }
}

function languageItem(state: TrayState, words: TrayWords): MenuItem {
  const names = new Intl.DisplayNames([state.uiLanguage], { type: 'language' })
  const option = (tag: string): Option => ({
    label: tag === '' ? words.anyLanguage : (nameOf(tag, names) ?? tag),
    isChosen: tag === state.language,
    action: { do: 'choose-language', language: tag },
  })
  // What is chosen may be of another engine; it is shown all the same.
  const tags = new Set(['', ...state.languages, state.language])
  return { kind: 'choice', label: words.language, options: [...tags].map(option) }
}

/** Engines may know languages by tags that are none. */
function nameOf(tag: string, names: Intl.DisplayNames): string | undefined {
  try {
    return names.of(tag)
  } catch {
    return undefined
  }
}
