// What the tray says, in both languages. The pages have catalogues of their own.

const EN = {
  ready: 'Ready',
  starting: 'Starting',
  recording: 'Recording',
  transcribing: 'Writing down what was said',
  restarting: 'The engine broke off and is starting again',
  unresponsive: 'The engine does not answer',
  failed: 'The engine does not start',
  stopped: 'The engine is stopped',
  privately: 'private',
  start: 'Start dictation',
  stop: 'Stop dictation',
  copyLast: 'Copy the latest of the history',
  privateMode: 'Private session',
  engine: 'Engine',
  newest: 'Newest model',
  language: 'Language',
  anyLanguage: 'Found out by the engine',
  open: 'Open Sotto',
  history: 'History',
  settings: 'Settings',
  restart: 'Restart the engine',
  quit: 'Quit Sotto',
}

export type TrayWords = Readonly<Record<keyof typeof EN, string>>

const ZH: TrayWords = {
  ready: '就绪',
  starting: '正在启动',
  recording: '正在录音',
  transcribing: '正在转写',
  restarting: '引擎中断，正在重新启动',
  unresponsive: '引擎没有响应',
  failed: '引擎无法启动',
  stopped: '引擎已停止',
  privately: '私密',
  start: '开始听写',
  stop: '停止听写',
  copyLast: '复制最近一条历史记录',
  privateMode: '私密会话',
  engine: '引擎',
  newest: '最新安装的模型',
  language: '语言',
  anyLanguage: '由引擎识别',
  open: '打开 Sotto',
  history: '历史记录',
  settings: '设置',
  restart: '重新启动引擎',
  quit: '退出 Sotto',
}

export type UiLanguage = 'en' | 'zh'

export const WORDS: Readonly<Record<UiLanguage, TrayWords>> = { en: EN, zh: ZH }
