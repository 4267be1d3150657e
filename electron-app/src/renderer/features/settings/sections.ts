/** The parts of the settings, in their order; each has an address of its own. */
export const SECTIONS = [
  'recording',
  'engine',
  'insertion',
  'cleaning',
  'privacy',
  'appearance',
  'about',
] as const

export type Section = (typeof SECTIONS)[number]

export function sectionOf(part: string): Section {
  return SECTIONS.find((section) => section === part) ?? 'recording'
}
