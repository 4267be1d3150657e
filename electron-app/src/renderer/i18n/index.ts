// What the app says, in the language of the person who uses it. English is the type of the
// catalogue: a sentence that Chinese lacks, or a parameter that nobody gives, does not compile.

import { en } from './en'
import { zh } from './zh'

export type Locale = 'en' | 'zh'
type Catalogue = typeof en
export type MessageKey = keyof Catalogue

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never
type Texts<M> = M extends string ? M : M extends { readonly other: infer S } ? S : never
type Given<K extends MessageKey> = {
  readonly [N in Holes<Texts<Catalogue[K]>>]: N extends 'count' ? number : string | number
}
type Rest<K extends MessageKey> = [keyof Given<K>] extends [never] ? [] : [params: Given<K>]

/** A sentence with holes, or one for each plural form of its language. */
export type Message = string | { readonly one?: string; readonly other: string }

const CATALOGUES: Readonly<Record<Locale, Readonly<Record<MessageKey, Message>>>> = { en, zh }
const TAGS: Readonly<Record<Locale, string>> = { en: 'en', zh: 'zh-CN' }

let locale: Locale = 'en'
const listeners = new Set<() => void>()

export function getLocale(): Locale {
  return locale
}

/** The BCP 47 tag for `Intl` and for `lang` attributes. */
export function localeTag(): string {
  return TAGS[locale]
}

/** The first language that the system asks for and that we speak. */
export function systemLocale(): Locale {
  for (const tag of navigator.languages) {
    if (tag.startsWith('zh')) return 'zh'
    if (tag.startsWith('en')) return 'en'
  }
  return 'en'
}

export function setLocale(next: Locale): void {
  document.documentElement.lang = TAGS[next]
  if (next === locale) return
  locale = next
  for (const listener of listeners) listener()
}

/** For the root of the page, which renders all of it again when the language changes. */
export function onLocale(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The sentence of this key in the language of now, its holes filled. */
export function t<K extends MessageKey>(key: K, ...rest: Rest<K>): string {
  const params: Readonly<Record<string, string | number>> = rest[0] ?? {}
  const text = formOf(CATALOGUES[locale][key], params['count'])
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => filling(params[name], hole))
}

function formOf(message: Message, count: string | number | undefined): string {
  if (typeof message === 'string') return message
  const form = new Intl.PluralRules(localeTag()).select(Number(count))
  return (form === 'one' ? message.one : undefined) ?? message.other
}

function filling(value: string | number | undefined, hole: string): string {
  if (typeof value === 'number') return value.toLocaleString(localeTag())
  return value ?? hole
}

export * from './format'
