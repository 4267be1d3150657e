import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Secrets, SecretsError } from './secrets'
import type { Vault, VaultState } from './vault'

const KEY = 'sk-example-Ключ'

/** Turns bits around: enough to see that nothing is written in the clear. */
class FakeVault implements Vault {
  now: VaultState = { kind: 'ready' }
  isLocked = false

  async state(): Promise<VaultState> {
    return this.now
  }

  async encrypt(text: string): Promise<Uint8Array> {
    if (this.isLocked) throw new Error('the keychain is locked')
    return Buffer.from(`v1${text}`).map((byte) => byte ^ 0xff)
  }

  async decrypt(bytes: Uint8Array): Promise<string> {
    const text = Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString()
    if (!text.startsWith('v1')) throw new Error('not ours')
    return text.slice(2)
  }
}

let folder: string
let file: string
let vault: FakeVault

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sotto-secrets-'))
  file = join(folder, 'app', 'llm-key')
  vault = new FakeVault()
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const start = () => new Secrets({ vault, file })

describe('where the system encrypts', () => {
  test('a key outlives the app, and is not in the file as it is', async () => {
    const kept = await start().setKey(KEY)

    const key = await start().key()

    expect(kept).toBe('encrypted')
    expect(key).toBe(KEY)
    expect((await readFile(file)).includes(KEY)).toBe(false)
  })

  test.skipIf(process.platform === 'win32')('nobody else may read the file', async () => {
    await start().setKey(KEY)

    const { mode } = await stat(file)

    expect(mode & 0o777).toBe(0o600)
  })

  test('a new key replaces the old one and leaves no draft behind', async () => {
    const secrets = start()
    await secrets.setKey('old')

    await secrets.setKey(KEY)

    expect(await start().key()).toBe(KEY)
    expect(await readdir(join(folder, 'app'))).toEqual(['llm-key'])
  })

  test('an empty key forgets the old one', async () => {
    const secrets = start()
    await secrets.setKey(KEY)

    await secrets.setKey('')

    expect(await secrets.hasKey()).toBe(false)
    expect(await start().hasKey()).toBe(false)
    expect(await readdir(join(folder, 'app'))).toEqual([])
  })

  test('two keys at once: the later one counts', async () => {
    const secrets = start()

    await Promise.all([secrets.setKey('one'), secrets.setKey('two')])

    expect(await secrets.key()).toBe('two')
    expect(await start().key()).toBe('two')
  })

  test('without a file there is no key, and no trouble', async () => {
    const secrets = start()

    expect(await secrets.key()).toBeNull()
    expect(await secrets.trouble()).toBeNull()
  })
})

describe('when something is wrong', () => {
  test('a damaged file counts as no key, and is told', async () => {
    await start().setKey(KEY)
    await writeFile(file, 'damaged')
    const secrets = start()

    expect(await secrets.hasKey()).toBe(false)
    expect(await secrets.trouble()).toContain('Enter it again')
  })

  test('a new key ends the trouble', async () => {
    await mkdir(join(folder, 'app'))
    await writeFile(file, 'damaged')
    const secrets = start()

    await secrets.setKey(KEY)

    expect(await secrets.trouble()).toBeNull()
    expect(await start().key()).toBe(KEY)
  })

  test('a locked keychain is told, and the key of before stays', async () => {
    const secrets = start()
    await secrets.setKey('old')
    vault.isLocked = true

    const setting = secrets.setKey(KEY)

    await expect(setting).rejects.toThrow(SecretsError)
    expect(await secrets.key()).toBe('old')
    expect(await start().key()).toBe('old')
  })

  test('a file that cannot be written is told', async () => {
    await writeFile(join(folder, 'app'), 'a file where the folder would be')
    const secrets = start()

    const setting = secrets.setKey(KEY)

    await expect(setting).rejects.toMatchObject({ kind: 'SECRETS_UNAVAILABLE', retryable: true })
    expect(await secrets.hasKey()).toBe(false)
  })

  test('a key saved earlier is not readable while the system encrypts nothing', async () => {
    await start().setKey(KEY)
    vault.now = { kind: 'unavailable', why: 'no keyring runs.' }
    const secrets = start()

    expect(await secrets.hasKey()).toBe(false)
    expect(await secrets.trouble()).toBe('The saved key cannot be read: no keyring runs.')
  })
})

describe('where nothing encrypts', () => {
  test('the key lasts for the session and is on no disk', async () => {
    vault.now = { kind: 'unavailable', why: 'no keyring runs.' }
    const secrets = start()

    const kept = await secrets.setKey(KEY)

    expect(kept).toBe('session')
    expect(await secrets.where()).toBe('session')
    expect(await secrets.key()).toBe(KEY)
    expect(await start().key()).toBeNull()
    expect(await readdir(folder)).toEqual([])
  })

  test('a key that was saved before does not come back in its place', async () => {
    await start().setKey('old')
    vault.now = { kind: 'unavailable', why: 'no keyring runs.' }
    await start().setKey(KEY)
    vault.now = { kind: 'ready' }

    const key = await start().key()

    expect(key).toBeNull()
  })

  test('on the web host no file is touched', async () => {
    await start().setKey('of the app')
    const web = new Secrets({ vault: null, file })

    const kept = await web.setKey(KEY)
    await web.setKey('')

    expect(kept).toBe('session')
    expect(await web.hasKey()).toBe(false)
    expect(await start().key()).toBe('of the app')
  })
})
