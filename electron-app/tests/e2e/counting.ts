// Dictations whose text tells how much of each sentence was heard: none may be missing.

import type { Page } from 'playwright-core'
import { sentences } from './sound'
import { recorded, shownText, start, stop } from './steps'

/** So long that whether a sentence begins some samples earlier or later makes no other number. */
const LENGTHS_S = [1.2, 2.2, 3.2]
/** All of it, with pauses. */
const WHOLE_S = Math.ceil(LENGTHS_S.reduce((sum, one) => sum + one + 1.3, 0))

/** What the microphone plays. */
export const COUNTED = sentences(...LENGTHS_S)

/** For the scripted engine: it says a number more for each half second of a sentence. */
export const COUNTING = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map(
  (_, at, words) => `at:${at / 2 + 0.25} ${words.slice(0, at + 1).join(' ')}`,
)

/** How far it counted in each sentence of one dictation; `during` does its worst meanwhile. */
export async function count(page: Page, during: () => Promise<void>): Promise<readonly number[]> {
  await start(page)
  await during()
  await recorded(page, WHOLE_S)
  await stop(page)
  return countsIn(await shownText(page))
}

function countsIn(text: string): readonly number[] {
  return text
    .split(/\bone\b/)
    .slice(1)
    .map((rest) => 1 + rest.trim().split(/\s+/).filter(Boolean).length)
}

/** Whether all sentences are there. A sentence may count one more or less. */
export function isWhole(counted: readonly number[], whole: readonly number[]): boolean {
  return (
    counted.length === whole.length &&
    counted.every((one, at) => Math.abs(one - (whole[at] ?? 0)) <= 1)
  )
}

/** A moment of such a dictation for each seed: what fails once can be had again. */
export function momentMs(seed: number): number {
  const x = Math.sin(seed + 1) * 10_000
  return (x - Math.floor(x)) * WHOLE_S * 1000
}
