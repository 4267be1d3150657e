export const models = {
  'models.title': 'models',
} as const
