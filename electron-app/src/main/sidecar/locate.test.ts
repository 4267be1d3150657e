import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { locateSidecar } from './locate'

const EXE = process.platform === 'win32' ? '.exe' : ''

function folderWith(...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  return folder
}

test('a packaged app has its own', () => {
  const resourcesPath = folderWith(`sidecar/sotto${EXE}`)

  expect(locateSidecar({ env: {}, resourcesPath, from: '/' })).toEqual({
    path: join(resourcesPath, `sidecar/sotto${EXE}`),
    args: [],
  })
})

test('a checkout uses its own Python, from wherever in it we run', () => {
  const python = process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python'
  const checkout = folderWith(python, 'sidecar/__main__.py', 'electron-app/out/node/x.js')
  const from = join(checkout, 'electron-app/out/node')

  expect(locateSidecar({ env: {}, resourcesPath: undefined, from })).toEqual({
    path: join(checkout, python),
    args: ['-P', '-m', 'sidecar'],
  })
})

test('SOTTO_SIDECAR comes first, and must be an absolute path', () => {
  const path = join(folderWith('sotto'), 'sotto')
  const around = { resourcesPath: undefined, from: import.meta.dirname }

  expect(locateSidecar({ ...around, env: { SOTTO_SIDECAR: path } })).toEqual({ path, args: [] })
  for (const wrong of ['sotto', `${path}-not-there`]) {
    expect(() => locateSidecar({ ...around, env: { SOTTO_SIDECAR: wrong } })).toThrow(
      expect.objectContaining({ kind: 'SIDECAR_DOWN' }),
    )
  }
})

test('where there is none, a person is told what to do', () => {
  const resourcesPath = folderWith()

  expect(() => locateSidecar({ env: {}, resourcesPath, from: '/' })).toThrow(/install Sotto again/)
})
