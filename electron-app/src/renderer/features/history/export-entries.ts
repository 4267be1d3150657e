// Entries as a file in the person's downloads.

import type { SottoApi } from '../../../shared/api'
import type { ExportFormat } from '../../../shared/ipc'
import type { EntryId } from '../../../shared/protocol'

const TYPES: Readonly<Record<ExportFormat, string>> = {
  txt: 'text/plain',
  json: 'application/json',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
}

export const EXPORT_FORMATS = Object.keys(TYPES) as readonly ExportFormat[]

export function exportName(format: ExportFormat, nowMs: number): string {
  const now = new Date(nowMs)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  return `sotto-${day}-${two(now.getHours())}${two(now.getMinutes())}.${format}`
}

/** Rejects with an `AppError`. */
export async function exportEntries(
  api: SottoApi,
  entries: readonly EntryId[],
  format: ExportFormat,
): Promise<void> {
  const content = await api.history.export(entries, format)
  const url = URL.createObjectURL(new Blob([content], { type: `${TYPES[format]};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = exportName(format, Date.now())
  link.click()
  URL.revokeObjectURL(url)
}
