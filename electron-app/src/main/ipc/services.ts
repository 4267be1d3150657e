// What the handlers of calls serve, as far as they need to know it.

import type {
  DictationId,
  DictationOptions,
  HostInfo,
  Push,
  Pushes,
  Receipt,
  Surface,
} from '../../shared/ipc'
import type { MethodName, Methods, Preferences } from '../../shared/protocol'
import type { PreferencesCache } from '../preferences'
import type { CallOptions } from '../sidecar/client'
import type { Supervisor } from '../sidecar/supervisor'

/** Tells every page. */
export type Tell = <P extends Push>(channel: P, payload: Pushes[P]) => void

export interface Inserter {
  insert(text: string, preferences: Preferences): Promise<Receipt>
  copy(text: string): Promise<Receipt>
  /** Settles when no text is under way. */
  idle(): Promise<void>
}

export interface Secrets {
  hasKey(): Promise<boolean>
  /** Says where it is kept. */
  setKey(key: string): Promise<'encrypted' | 'session'>
  key(): Promise<string | null>
}

export interface Hotkeys {
  /** Choose one; an empty text: none. Throws HOTKEY_TAKEN, and the old one stays. */
  use(accelerator: string): void
  /** Choose what is in the settings, whether it can be had or not. */
  follow(accelerator: string): void
  isFree(accelerator: string): boolean
  pause(): void
  resume(): void
  /** False where the one that is chosen cannot be had. */
  readonly works: boolean
}

export interface PrivateMode {
  readonly isOn: boolean
  set(on: boolean): void
}

export interface Surfaces {
  show(surface: Surface): void
  hidePill(): void
}

export interface Dictations {
  open(options: DictationOptions): DictationId
  stop(dictation: DictationId): void
  cancel(dictation: DictationId, keep: boolean): void
  skipPolish(dictation: DictationId): void
}

export interface Services {
  readonly info: () => HostInfo
  readonly supervisor: Supervisor
  readonly preferences: PreferencesCache
  readonly dictations: Dictations
  readonly inserter: Inserter
  readonly secrets: Secrets
  readonly hotkeys: Hotkeys
  readonly privateMode: PrivateMode
  readonly surfaces: Surfaces
  /** How quick each engine was: processing time / audio time. */
  readonly speeds: () => Readonly<Record<string, number>>
  readonly tell: Tell
  /** A folder that a person picks; null where they think better of it. */
  readonly pickFolder: () => Promise<string | null>
}

/** Call the sidecar, once it is there. Rejects with a SidecarError. */
export async function ask<M extends MethodName>(
  { supervisor }: Pick<Services, 'supervisor'>,
  method: M,
  params: Methods[M]['params'],
  options?: CallOptions,
): Promise<Methods[M]['result']> {
  const client = await supervisor.client()
  return (await client.call(method, params, options)).result
}
