// The environment of a sidecar: what it needs of ours, and nothing that changes its code.

export type Environment = Readonly<Record<string, string | undefined>>

const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  // Windows finds its libraries, folders and cores by these.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'USERNAME'],
  ...['APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'PROGRAMFILES', 'HOMEDRIVE', 'HOMEPATH'],
  ...['NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE', 'PROCESSOR_IDENTIFIER'],
  // Downloads may need a way out, certificates and a name.
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'HF_TOKEN'],
  ...['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'],
])
const PREFIXES = ['SOTTO_', 'LC_', 'XDG_', 'CUDA_', 'NVIDIA_', 'GGML_', 'VK_']

/** `base` without what is not on our list, and `extra`. */
export function childEnvironment(base: Environment, extra: Environment): Environment {
  const kept = Object.entries(base).filter(([name]) => isNeeded(name.toUpperCase()))
  return {
    ...Object.fromEntries(kept),
    PYTHONUTF8: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONNOUSERSITE: '1',
    ...extra,
  }
}

function isNeeded(name: string): boolean {
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))
}
