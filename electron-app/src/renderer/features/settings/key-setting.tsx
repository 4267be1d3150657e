// The key of the language model: it goes in and never comes out.

import { type FormEvent, useEffect, useState } from 'react'
import { t } from '../../i18n'
import { useApp, useHost } from '../../store'
import { Button, Field } from '../../ui'
import { useComplain } from '../errors'

export function KeySetting() {
  const { api, toasts } = useApp()
  const complain = useComplain()
  const isEncrypted = useHost()?.can.secrets === 'encrypted'
  const [hasKey, setHasKey] = useState<boolean | null>(null)
  const [typed, setTyped] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: complain is another function each time
  useEffect(() => {
    api.secrets.hasKey().then(setHasKey, complain)
  }, [api])

  const keep = async (key: string) => {
    const where = await api.secrets.setKey(key)
    setTyped('')
    setHasKey(key !== '')
    if (key === '') toasts.show({ text: t('settings.key-forgotten') })
    else if (where === 'encrypted') toasts.show({ text: t('settings.key-saved') })
    else toasts.show({ text: t('settings.key-saved-session') })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keep(typed.trim()).catch(complain)
  }
  return (
    <form className="key" onSubmit={submit}>
      <Field
        label={t('settings.key')}
        hint={t(isEncrypted ? 'settings.key-hint' : 'settings.key-session')}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            className="input"
            autoComplete="off"
            placeholder={t(hasKey ? 'settings.key-is-set' : 'settings.key-is-not-set')}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Field>
      <div className="row">
        <Button type="submit" disabled={typed.trim() === ''}>
          {t('common.save')}
        </Button>
        {hasKey ? (
          <Button variant="danger" onClick={() => void keep('').catch(complain)}>
            {t('settings.key-forget')}
          </Button>
        ) : null}
      </div>
    </form>
  )
}
