import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppContext, makeApp } from '../../store'
import { failure, pending, scriptedHost } from '../../store/scripted-host'
import { usePlayer } from './use-player'

/** Stands for the browser's sound: what was made, and what plays. */
class SilentAudio {
  static made: SilentAudio[] = []
  currentTime = 0
  ended = false
  isPlaying = false
  onplay: () => void = () => undefined
  onpause: () => void = () => undefined
  constructor(readonly src: string) {
    SilentAudio.made.push(this)
  }
  async play() {
    this.isPlaying = true
    this.onplay()
  }
  pause() {
    this.isPlaying = false
    this.onpause()
  }
}

beforeEach(() => {
  SilentAudio.made = []
  vi.stubGlobal('Audio', SilentAudio)
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function playerOver(audio: () => Uint8Array | Promise<Uint8Array>) {
  const host = scriptedHost({ 'history:audio': audio })
  const app = makeApp(host.api)
  const onFailure = vi.fn()
  const wrapper = ({ children }: { children: React.ReactNode }) => (
    <AppContext value={app}>{children}</AppContext>
  )
  const hook = renderHook(() => usePlayer(1, onFailure), { wrapper })
  const nFetched = () => host.calls.filter(([channel]) => channel === 'history:audio').length
  return { ...hook, onFailure, nFetched }
}

test('words chosen while the audio is fetched are played by one sound, from the last', async () => {
  const wav = pending<Uint8Array>()
  const { result, nFetched } = playerOver(() => wav.promise)

  act(() => result.current.playFrom(1000))
  act(() => result.current.playFrom(2500))
  await act(async () => wav.resolve(new Uint8Array(44)))

  await waitFor(() => expect(result.current.isPlaying).toBe(true))
  expect(nFetched()).toBe(1)
  expect(SilentAudio.made.map(({ currentTime }) => currentTime)).toEqual([2.5])
})

test('what was closed while its audio was fetched stays silent', async () => {
  const wav = pending<Uint8Array>()
  const { result, unmount } = playerOver(() => wav.promise)

  act(() => result.current.playFrom(0))
  unmount()
  wav.resolve(new Uint8Array(44))
  await waitFor(() => expect(SilentAudio.made).toHaveLength(1))
  await wav.promise

  expect(SilentAudio.made[0]?.isPlaying).toBe(false)
})

test('audio that could not be fetched is told, and can be tried again', async () => {
  const answers = [() => Promise.reject(failure('SIDECAR_DOWN')), () => new Uint8Array(44)]
  const { result, onFailure } = playerOver(() => answers.shift()?.() ?? new Uint8Array())

  act(() => result.current.toggle())
  await waitFor(() =>
    expect(onFailure).toHaveBeenCalledWith(expect.objectContaining({ kind: 'SIDECAR_DOWN' })),
  )
  act(() => result.current.toggle())

  await waitFor(() => expect(result.current.isPlaying).toBe(true))
})

test('it stops when it is closed', async () => {
  const { result, unmount } = playerOver(() => new Uint8Array(44))
  act(() => result.current.toggle())
  await waitFor(() => expect(result.current.isPlaying).toBe(true))

  unmount()

  await waitFor(() => expect(SilentAudio.made[0]?.isPlaying).toBe(false))
})
