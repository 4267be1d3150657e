export const welcome = {
  'welcome.step': 'Step {step} of {steps}',
  'welcome.next': 'Next',
  'welcome.back': 'Back',
  'welcome.skip-all': 'Skip all',
  'welcome.start': 'Start',
  'welcome.intro.title': 'Speak, and have it written',
  'welcome.intro.text':
    'Press a key, speak, and clean text appears at your cursor. Recognition runs on this machine: what you say does not leave it.',
  'welcome.intro.safe':
    'Nothing is lost on the way. If something crashes, the recording is kept and can be recovered.',
  'welcome.intro.yours':
    'Texts and audio are kept for as long as you choose. Private mode keeps nothing.',
  'welcome.microphone.title': 'Is your microphone heard?',
  'welcome.microphone.text': 'Start the test and say a few words. Nothing is kept of it.',
  'welcome.hotkey.title': 'The hotkey',
  'welcome.hotkey.text':
    'It works in every program. Press it now: a small window shows that Sotto listens. Press it again to stop.',
  'welcome.hotkey.works': 'The hotkey works.',
  'welcome.hotkey.waiting': 'Waiting for the hotkey',
  'welcome.hotkey.web':
    'A browser has no hotkey that works everywhere. Here you record with the button, or with the hotkey while this page is in front. The desktop app can do more.',
  'welcome.hotkey.change': 'You can change it in the settings.',
  'welcome.model.title': 'Choose a model',
  'welcome.model.text':
    'You can begin with what is built in and install a model later. Installing goes on while you use the app.',
  'welcome.model.waiting': 'The models are listed as soon as the speech engine runs.',
  'welcome.done.title': 'Ready',
  'welcome.done.text': 'All of this can be changed in the settings.',
} as const
