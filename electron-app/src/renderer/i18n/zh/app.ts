import type { Same } from '../catalogue'
import type { app as en } from '../en/app'

export const app: Same<typeof en> = {
  'app.name': 'Sotto',
  'app.skip': '跳到正文',
  'app.loading': '请稍候',
  'nav.label': '页面',
  'nav.record': '录音',
  'nav.history': '历史',
  'nav.models': '模型',
  'nav.settings': '设置',
  'nav.recording': '正在录音',
  'common.cancel': '取消',
  'common.undo': '撤销',
  'common.retry': '重试',
  'common.save': '保存',
  'common.delete': '删除',
  'common.dismiss': '知道了',
  'common.copied': '已复制',
  'list.separator': '、',
  'day.today': '今天',
  'day.yesterday': '昨天',
  'status.starting': '语音引擎正在启动，现在就可以录音。',
  'status.unresponsive': '语音引擎没有响应，这期间说的话都会保留。',
  'status.restarting': '语音引擎已停止，正在重新启动（第 {attempt} 次）。',
  'status.failed': '语音引擎无法启动。',
  'status.stopped': '语音引擎没有运行。',
}
