// What was said: settled text, and after it what may still change.

import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { t } from '../../i18n'
import './recording.css'

/** So close to the end, somebody who scrolls means the end. */
const NEAR_PX = 24

interface LiveTextProps {
  readonly committed: string
  readonly tentative: string
  /** Whether more is to come. */
  readonly isGrowing: boolean
  /** BCP 47 tag of what is spoken; empty: unknown. */
  readonly lang: string
}

export function LiveText({ committed, tentative, isGrowing, lang }: LiveTextProps) {
  const { ref, onScroll } = useStickyEnd(committed + tentative)
  const isEmpty = committed === '' && tentative === ''
  return (
    <>
      <section
        className="live-text"
        ref={ref}
        onScroll={onScroll}
        aria-label={t('recording.text')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        tabIndex={0}
      >
        {isEmpty && !isGrowing ? (
          <p className="live-text-empty">{t('recording.text-empty')}</p>
        ) : (
          <p lang={lang || undefined}>
            {committed}
            <span className="live-text-tentative" aria-hidden="true">
              {tentative}
            </span>
            {isGrowing ? <span className="live-text-caret" aria-hidden="true" /> : null}
          </p>
        )}
      </section>
      <Announcement text={committed} lang={lang} />
    </>
  )
}

/** Follows the end of the text, until somebody scrolls up; scrolling back follows it again. */
function useStickyEnd(text: string) {
  const ref = useRef<HTMLElement>(null)
  const isSticking = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the text that moves the end
  useLayoutEffect(() => {
    const element = ref.current
    if (element && isSticking.current) element.scrollTop = element.scrollHeight
  }, [text])
  const onScroll = () => {
    const element = ref.current
    if (!element) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    isSticking.current = below < NEAR_PX
  }
  return { ref, onScroll }
}

/** Reads out what is new: a region with the whole text would be read from its beginning. */
function Announcement({ text, lang }: { text: string; lang: string }) {
  const told = useRef('')
  const [news, setNews] = useState({ text: '', end: 0 })
  useEffect(() => {
    if (text === told.current) return
    const isMore = text.startsWith(told.current)
    setNews({ text: isMore ? text.slice(told.current.length) : text, end: text.length })
    told.current = text
  }, [text])
  return (
    <span className="visually-hidden" aria-live="polite" lang={lang || undefined}>
      {/* Another element, or what is said twice in a row would change nothing to be read. */}
      <span key={news.end}>{news.text}</span>
    </span>
  )
}
