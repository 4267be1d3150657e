import { useEffect, useState } from 'react'
import { t } from '../../i18n'
import { Field } from '../../ui'
import { type Hotwords, parseHotwords } from './hotwords'

interface HotwordsEditorProps {
  readonly words: readonly string[]
  readonly onChange: (words: readonly string[]) => void
}

/** After so long without a key, what is there is kept. */
const TYPING_MS = 800

export function HotwordsEditor({ words, onChange }: HotwordsEditorProps) {
  const [text, setText] = useState(words.join('\n'))
  const [isDirty, setDirty] = useState(false)
  const parsed = parseHotwords(text)
  const keep = () => {
    if (!isDirty || parsed.kind !== 'words') return
    setDirty(false)
    onChange(parsed.words)
  }
  useEffect(() => {
    if (!isDirty) return
    const timer = setTimeout(keep, TYPING_MS)
    return () => clearTimeout(timer)
  })
  return (
    <Field
      label={t('settings.hotwords')}
      hint={t('settings.hotwords-hint')}
      error={problemOf(parsed)}
    >
      {(control) => (
        <>
          <textarea
            {...control}
            className="input"
            rows={6}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setDirty(true)
            }}
            onBlur={keep}
          />
          <p className="field-hint">
            {parsed.kind === 'words'
              ? t('settings.hotwords-count', { count: parsed.words.length })
              : null}
          </p>
        </>
      )}
    </Field>
  )
}

function problemOf(parsed: Hotwords): string | null {
  switch (parsed.kind) {
    case 'words':
      return null
    case 'too-long':
      return t('settings.hotwords-long', { line: parsed.line })
    case 'too-many':
      return t('settings.hotwords-many', { count: parsed.count })
  }
}
