// Encryption by the system, through Electron. Its functions block for some milliseconds; this
// release has no others.

import { safeStorage } from 'electron'
import type { Vault, VaultState } from '../secrets/vault'

/** Once the app is ready. */
export const systemVault: Vault = {
  async state(): Promise<VaultState> {
    if (!safeStorage.isEncryptionAvailable()) {
      return { kind: 'unavailable', why: 'the system has no keychain, or does not open it.' }
    }
    // Without a keyring Electron "encrypts" with a password that is in its source code.
    if (process.platform === 'linux' && !hasKeyring()) {
      return { kind: 'unavailable', why: 'no keyring runs, such as GNOME Keyring or KWallet.' }
    }
    return { kind: 'ready' }
  },

  async encrypt(text) {
    return safeStorage.encryptString(text)
  },

  async decrypt(bytes) {
    return safeStorage.decryptString(Buffer.from(bytes))
  },
}

function hasKeyring(): boolean {
  const backend = safeStorage.getSelectedStorageBackend()
  return backend !== 'basic_text' && backend !== 'unknown'
}
