// What a translation owes to the English catalogue.

/** The same keys; plural sentences need the forms that their language has. */
export type Same<English> = {
  readonly [K in keyof English]: English[K] extends string
    ? string
    : { readonly one?: string; readonly other: string }
}
