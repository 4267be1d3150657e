// For whoever hears the page, uses no mouse, needs large letters or no motion.

import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import {
  dictate,
  fillHistory,
  goTo,
  hears,
  recorded,
  SAID,
  SCRIPT,
  start,
  startButton,
  stop,
} from './steps'
import { SURFACES, show } from './surfaces'
import { inBrowser, useApp } from './testing'

const { source: AXE } = createRequire(import.meta.url)('axe-core') as { source: string }

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** What breaks a rule of WCAG 2.2 or of good practice, in short. */
async function violations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE)
  const found = await page.evaluate<readonly Violation[]>(
    'axe.run(document).then(({ violations }) => violations)',
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  )
}

/** Goes by Tab through all of the page; in the page. Elements are known by a number. */
const FOCUSABLE = `[...document.querySelectorAll(
  'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex="0"]'
)].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('[inert]'))
  .filter((one) => one.type !== 'radio' || one.checked)`
const FOCUSED = `(() => {
  const one = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(one)
  const ring = [one, one.nextElementSibling, one.parentElement].some((each) => each !== null &&
    getComputedStyle(each).outlineStyle !== 'none' && parseFloat(getComputedStyle(each).outlineWidth) >= 2)
  const { top, bottom } = one.getBoundingClientRect()
  return { at: ${FOCUSABLE}.indexOf(one), ring, seen: bottom > 0 && top < innerHeight, html: one.outerHTML.slice(0, 120) }
})()`

interface Focused {
  readonly at: number
  readonly ring: boolean
  readonly seen: boolean
  readonly html: string
}

async function walk(page: Page): Promise<{ reached: number; faults: readonly string[] }> {
  const reached = new Set<number>()
  const faults: string[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<Focused>(FOCUSED)
    if (reached.has(focused.at)) return { reached: reached.size, faults }
    if (focused.at < 0) continue // between the last and the first
    reached.add(focused.at)
    if (!focused.ring) faults.push(`no ring: ${focused.html}`)
    if (!focused.seen) faults.push(`out of sight: ${focused.html}`)
  }
}

inBrowser('the app', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT } })
  beforeEach(async () => {
    await tested.page.emulateMedia({ reducedMotion: 'reduce' })
    await fillHistory(tested.page, SAID, '明天请给安娜打电话，说船的事。')
  })

  test.each([
    ['light', 'en'],
    ['dark', 'en'],
    ['light', 'zh'],
    ['dark', 'zh'],
  ] as const)('breaks no rule of accessibility in %s, %s', async (theme, language) => {
    const { app, page } = tested
    await app.set(page, { theme, ui_language: language })
    await page.locator(`html[lang^="${language}"][data-theme="${theme}"]`).waitFor()

    const found: string[] = []
    for (const surface of SURFACES) {
      await show(page, surface)
      if (surface.name === 'history') await page.locator('.entry-open').first().click()
      found.push(...(await violations(page)).map((one) => `${surface.name}: ${one}`))
    }
    await app.set(page, { theme: 'system', ui_language: 'en' })

    expect(found).toEqual([])
  })

  test('breaks none while one speaks and after, nor in dialogs, errors and the pill', async () => {
    const { app, page } = tested
    const found: string[] = []
    await start(page)
    await hears(page, 'Please')
    found.push(...(await violations(page)))
    await hears(page, SAID)
    await stop(page)
    found.push(...(await violations(page)))
    await goTo(page, 'Models')
    await page.getByRole('button', { name: 'Import a folder' }).click()
    found.push(...(await violations(page)))
    await page.keyboard.press('Escape')
    await goTo(page, 'Record')
    await app.context.clearPermissions()
    await startButton(page).click()
    await page.getByRole('alert').waitFor()
    found.push(...(await violations(page)))
    await app.allow()
    const pill = await app.open('?surface=pill')
    await startButton(pill).waitFor()
    found.push(...(await violations(pill)))

    expect(found).toEqual([])
  })

  test('is used by keys alone, and shows where one is', async () => {
    const { page } = tested
    const faults: string[] = []
    for (const surface of SURFACES) {
      await show(page, surface)

      const { reached, faults: found } = await walk(page)

      const there = await page.evaluate<number>(`${FOCUSABLE}.length`)
      if (reached !== there) faults.push(`${surface.name}: ${reached} of ${there} reached`)
      faults.push(...found.map((one) => `${surface.name}: ${one}`))
    }

    expect(faults).toEqual([])
  })

  test.each([
    ['320 pixels', { width: 320, height: 640 }],
    ['200 % on a small screen', { width: 512, height: 384 }],
  ])('fits into %s without scrolling sideways', async (_, size) => {
    const { app, page } = tested
    await page.setViewportSize(size)

    const wide: string[] = []
    for (const language of ['en', 'zh'] as const) {
      await app.set(page, { ui_language: language })
      for (const surface of SURFACES) {
        await show(page, surface)
        if (surface.name === 'history') await page.locator('.entry-open').first().click()
        const over = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        if (over > 0) wide.push(`${surface.name}, ${language}: ${over} pixels too wide`)
      }
    }
    await app.set(page, { ui_language: 'en' })

    expect(wide).toEqual([])
  })

  test('holds still where no motion is wanted', async () => {
    const { page } = tested
    await page.evaluate(`(() => {
      window.drawn = 0
      const { clearRect } = CanvasRenderingContext2D.prototype
      CanvasRenderingContext2D.prototype.clearRect = function (...all) {
        window.drawn += 1
        return clearRect.apply(this, all)
      }
    })()`)

    await start(page)
    await recorded(page, 1)
    await page.evaluate('window.drawn = 0')
    await recorded(page, 3)
    const drawn = await page.evaluate<number>('window.drawn')
    const moving = await page.evaluate<number>(
      'document.getAnimations().filter(({ playState }) => playState === "running").length',
    )
    await stop(page)

    expect(moving).toBe(0)
    expect(drawn).toBeGreaterThan(0)
    expect(drawn).toBeLessThan(20) // 60 a second would be 120
  })

  test('says new text once to who hears the page', async () => {
    const { page } = tested
    await page.evaluate(`(() => {
      window.heard = []
      new MutationObserver(() => {
        const news = document.querySelector('[aria-live="polite"]')?.textContent
        if (news) window.heard.push(news)
      }).observe(document.body, { subtree: true, childList: true, characterData: true })
    })()`)

    await dictate(page)

    const heard = await page.evaluate<readonly string[]>('[...new Set(window.heard)]')
    expect(heard.join('').replace(/\\s+/g, ' ').trim()).toBe(SAID)
  })
})
