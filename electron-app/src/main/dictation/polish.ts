// Having a language model clean the text, unless that fails or takes too long for somebody.

import type { LlmOptimizeParams } from '../../shared/protocol'
import { SidecarError } from '../sidecar/errors'
import type { FinishParts, Heard } from './finish'
import { codePoints } from './spacing'
import { unlessCancelled } from './waiting'

/** The text to use: the polished one, or else the raw one. */
export async function polish(heard: Heard, parts: FinishParts): Promise<string> {
  const { chosen, tell, toAppError } = parts
  if (!chosen.polish || codePoints(heard.text) < chosen.polish_min_chars) return heard.text
  try {
    const text = await optimize(heard, parts)
    tell({ kind: 'polished', text })
    return text
  } catch (error) {
    // A text is worth more than its polish, whatever went wrong.
    tell({ kind: 'unpolished', error: toAppError(error, 'llm.optimize') })
    return heard.text
  }
}

async function optimize(heard: Heard, parts: FinishParts): Promise<string> {
  const signal = AbortSignal.any([parts.skipped, parts.cancelled])
  const params = paramsFor(heard, parts, await unlessAborted(parts.secrets.key(), signal))
  const client = await unlessAborted(parts.supervisor.client(), signal)
  let written = ''
  parts.tell({ kind: 'polishing', text: written })
  const { result } = await client.call('llm.optimize', params, {
    signal,
    onEvent: (event) => {
      if (event.t !== 'delta') return
      written += event.text
      parts.tell({ kind: 'polishing', text: written })
    },
  })
  return result.text
}

function paramsFor(heard: Heard, { chosen }: FinishParts, key: string | null): LlmOptimizeParams {
  if (chosen.llm_url === '' || chosen.llm_model === '') {
    const message = 'No language model is chosen. Name its address and model in the settings.'
    throw new SidecarError('LLM_REFUSED', message)
  }
  return {
    text: heard.text,
    url: chosen.llm_url,
    model: chosen.llm_model,
    ...(key !== null && { key }),
    ...(heard.language !== null && { language: heard.language }),
    hotwords: chosen.hotwords,
  }
}

/** Rejects with CANCELLED once nobody wants to wait any more. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const found = promise.then((value) => ({ value })) // which may be null itself
  const waited = await unlessCancelled(found, signal)
  if (waited === null) throw new SidecarError('CANCELLED', 'The raw text is used, as was asked.')
  return waited.value
}
