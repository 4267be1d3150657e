import { useEffect, useState } from 'react'
import { t } from '../i18n'
import { useApp, useReadable } from '../store'
import type { Toast } from '../store/toasts'
import { Button, IconButton } from './button'
import { CloseIcon } from './icons'
import './toasts.css'

const SHOWN_MS = 4000
const SHOWN_WITH_ACTION_MS = 8000

/** The notices of now, read aloud as they come. */
export function Toasts() {
  const { toasts } = useApp()
  const shown = useReadable(toasts)
  return (
    <div className="toasts" role="status">
      {shown.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function ToastView({ toast }: { toast: Toast }) {
  const { toasts } = useApp()
  // It stays while somebody points at it or is within it.
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const shownMs = toast.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS
    const timer = setTimeout(() => toasts.dismiss(toast.id), shownMs)
    return () => clearTimeout(timer)
  }, [held, toast, toasts])
  const act = () => {
    toast.action?.run()
    toasts.dismiss(toast.id)
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only waits while somebody is at it
    <div
      className={`toast toast-${toast.tone}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{toast.text}</span>
      {toast.action ? (
        <Button variant="plain" onClick={act}>
          {toast.action.label}
        </Button>
      ) : null}
      <IconButton label={t('common.dismiss')} onClick={() => toasts.dismiss(toast.id)}>
        <CloseIcon />
      </IconButton>
    </div>
  )
}
