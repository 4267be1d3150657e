import { expect, test } from 'vitest'
import { Takes } from './takes'

test('recordings are cut where the next one begins', () => {
  const takes = new Takes()
  const [first, second, third] = [takes.begin(0), takes.begin(960), takes.begin(2400)]

  expect(takes.parts(3000)).toEqual([
    { recording: first, end_ms: 960 },
    { recording: second, end_ms: 1440 },
    { recording: third },
  ])
  expect(takes.spare(3000)).toEqual([])
})

test('a recording that ends before anything in it was final gives nothing', () => {
  const takes = new Takes()
  const [first, second] = [takes.begin(0), takes.begin(0)]

  expect(takes.parts(1000)).toEqual([{ recording: second }])
  expect(takes.spare(1000)).toEqual([first])
})

test('the last recording gives nothing where all was final before it', () => {
  const takes = new Takes()
  const [first, second] = [takes.begin(0), takes.begin(1000)]

  expect(takes.parts(1000)).toEqual([{ recording: first, end_ms: 1000 }])
  expect(takes.spare(1000)).toEqual([second])
})
