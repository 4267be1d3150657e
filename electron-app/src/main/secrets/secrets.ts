// The key of the language model's service: encrypted by the system, or kept in memory only.
// It is never written in the clear.

import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AppError } from '../../shared/ipc'
import type { Vault } from './vault'

export type Keeping = 'encrypted' | 'session'

export class SecretsError extends Error implements AppError {
  override readonly name = 'SecretsError'
  readonly kind = 'SECRETS_UNAVAILABLE'
  readonly retryable = true
}

export interface SecretsParts {
  /** Null where there is none, as on the web host: the key lasts for the session. */
  readonly vault: Vault | null
  readonly file: string
}

export class Secrets {
  readonly #vault: Vault | null
  readonly #file: string
  /** Undefined: not looked up yet. */
  #key: string | null | undefined
  #trouble: string | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: SecretsParts) {
    this.#vault = parts.vault
    this.#file = parts.file
    if (parts.vault === null) this.#key = null
  }

  /** Where a key would be kept now. */
  async where(): Promise<Keeping> {
    return (await this.#readyVault()) === null ? 'session' : 'encrypted'
  }

  async hasKey(): Promise<boolean> {
    return (await this.key()) !== null
  }

  /** Null where there is none, or none that could be read: `trouble` says why. */
  key(): Promise<string | null> {
    return this.#inTurn(async () => {
      if (this.#key === undefined) this.#key = await this.#load()
      return this.#key
    })
  }

  /** Why a key that was kept could not be read, in a sentence; null: all is well. */
  async trouble(): Promise<string | null> {
    await this.key()
    return this.#trouble
  }

  /**
   * Keep it; an empty one forgets the old one. Says where it is kept.
   *
   * Rejects with SecretsError where the system encrypts and the file could not be written, or
   * an old one not be removed. The key is then the old one.
   */
  setKey(key: string): Promise<Keeping> {
    return this.#inTurn(async () => {
      const vault = await this.#readyVault()
      try {
        if (key !== '' && vault !== null) await this.#write(await vault.encrypt(key))
        // A key of before must not come back at the next start.
        else if (this.#vault !== null) await rm(this.#file, { force: true })
      } catch {
        throw new SecretsError(
          'The key could not be saved. Unlock the keychain, or free some space.',
        )
      }
      this.#key = key === '' ? null : key
      this.#trouble = null
      return vault === null ? 'session' : 'encrypted'
    })
  }

  async #readyVault(): Promise<Vault | null> {
    if (this.#vault === null) return null
    const state = await this.#vault.state().catch(() => null)
    return state?.kind === 'ready' ? this.#vault : null
  }

  async #load(): Promise<string | null> {
    const bytes = await this.#read()
    if (bytes === null || this.#vault === null) return null
    const state = await this.#vault.state()
    if (state.kind === 'unavailable') {
      this.#trouble = `The saved key cannot be read: ${state.why}`
      return null
    }
    try {
      return await this.#vault.decrypt(bytes)
    } catch {
      this.#trouble = 'The saved key cannot be decrypted on this account. Enter it again.'
      return null
    }
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return await readFile(this.#file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#trouble = 'The file of the saved key cannot be read. Enter the key again.'
      }
      return null
    }
  }

  /** Whoever looks at any moment, also after a crash, sees the old file or the new one. */
  async #write(bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 })
    const draft = `${this.#file}.${randomUUID()}`
    try {
      const handle = await open(draft, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(draft, this.#file)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#last.then(act)
    this.#last = result.catch(() => {}) // it is told to who asked
    return result
  }
}
