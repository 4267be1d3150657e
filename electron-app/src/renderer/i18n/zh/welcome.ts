import type { Same } from '../catalogue'
import type { welcome as en } from '../en/welcome'

export const welcome: Same<typeof en> = {
  'welcome.step': '第 {step} 步，共 {steps} 步',
  'welcome.next': '下一步',
  'welcome.back': '上一步',
  'welcome.skip-all': '全部跳过',
  'welcome.start': '开始使用',
  'welcome.intro.title': '开口说，文字自现',
  'welcome.intro.text':
    '按下快捷键，说话，整洁的文字就出现在光标处。识别在本机进行，您说的内容不会离开这台电脑。',
  'welcome.intro.safe': '途中不会丢失任何内容。即使程序崩溃，录音也会保留，并且可以恢复。',
  'welcome.intro.yours': '文字和录音保留多久由您决定。隐私模式下什么都不保留。',
  'welcome.microphone.title': '能听到您的麦克风吗？',
  'welcome.microphone.text': '开始测试并说几句话。测试内容不会保留。',
  'welcome.hotkey.title': '快捷键',
  'welcome.hotkey.text':
    '它在所有程序中都有效。现在按一下：会出现一个小窗口，表示 Sotto 正在听。再按一下即可停止。',
  'welcome.hotkey.works': '快捷键可以使用。',
  'welcome.hotkey.waiting': '等待按下快捷键',
  'welcome.hotkey.web':
    '浏览器里没有处处有效的快捷键。在这里请用按钮录音，或在此页面位于前台时使用快捷键。桌面应用功能更全。',
  'welcome.hotkey.change': '可以在设置中更改。',
  'welcome.model.title': '选择模型',
  'welcome.model.text': '可以先用内置引擎，以后再安装模型。安装期间可以照常使用应用。',
  'welcome.model.waiting': '语音引擎运行后会列出模型。',
  'welcome.done.title': '准备好了',
  'welcome.done.text': '以上选项都可以在设置中更改。',
}
