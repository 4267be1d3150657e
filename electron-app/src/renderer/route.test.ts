import { expect, test } from 'vitest'
import { hrefOf, parseRoute } from './route'

test('every page has an address of its own', () => {
  expect(parseRoute(hrefOf('settings', 'privacy'))).toEqual({
    surface: 'settings',
    part: 'privacy',
  })
  expect(parseRoute(hrefOf('history'))).toEqual({ surface: 'history', part: '' })
})

test('an address that is not known leads to recording', () => {
  expect(parseRoute('').surface).toBe('record')
  expect(parseRoute('#/elsewhere').surface).toBe('record')
})
