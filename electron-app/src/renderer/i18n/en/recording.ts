export const recording = {
  'recording.title': 'Record',
} as const
