export const history = {
  'history.title': 'history',
} as const
