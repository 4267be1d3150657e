// What encrypts with a key of the operating system's own.

export type VaultState =
  | { readonly kind: 'ready' }
  /** It does not encrypt, or only seems to. `why` is a sentence. */
  | { readonly kind: 'unavailable'; readonly why: string }

/** Faces the operating system: Keychain, DPAPI, libsecret or KWallet. */
export interface Vault {
  state(): Promise<VaultState>
  /** Rejects where the system refuses, say because a keychain stays locked. */
  encrypt(text: string): Promise<Uint8Array>
  /** Rejects for anything that `encrypt` did not write on this account. */
  decrypt(bytes: Uint8Array): Promise<string>
}
