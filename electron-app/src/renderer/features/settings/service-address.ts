const HERE = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a text with a key may be sent there: https, or http within this machine. */
export function isServiceAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && HERE.has(hostname))
}
