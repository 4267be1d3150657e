"""The microphone, through PortAudio, which is an extra: most of Sotto needs none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, Protocol, SupportsBytes

from sidecar.cli.sources import CHUNK_MS

if TYPE_CHECKING:
    from types import ModuleType

NO_PACKAGE: Final = (
    "Listening to a microphone needs one more package. Install it with: "
    "pip install 'sotto-sidecar[mic]'"
)
NO_PORTAUDIO: Final = {
    "linux": "sudo apt-get install libportaudio2",
    "darwin": "brew install portaudio",
}
NO_MICROPHONE: Final = (
    "No microphone was found. Plug one in, or choose a device from: sotto listen --list-devices"
)
UNPLUGGED_S: Final = 2.0  # a microphone that lives gives something every tenth of a second


class MicrophoneError(Exception):
    """There is no microphone, or it cannot be used; the message says what to do."""


class _Flags(Protocol):
    input_overflow: bool


class Microphone:
    """A microphone, at the rate it prefers: the sidecar resamples better than drivers do.

    Args:
        device: a number or a part of a name, as `devices` shows them; None for the default.

    Raises:
        MicrophoneError: there is none that can be used.
    """

    name = "microphone"

    def __init__(self, device: str | None = None) -> None:
        self._portaudio = _portaudio()
        self._device = int(device) if device is not None and device.isdecimal() else device
        self.rate_hz = round(self._about()["default_samplerate"])
        self.lost = False  # some sound came faster than it was taken

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """What is spoken, until the microphone is gone.

        Raises:
            MicrophoneError: it cannot be opened, or was unplugged.
        """
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        def hear(data: SupportsBytes, _n: int, _when: object, flags: _Flags) -> None:
            self.lost |= bool(flags.input_overflow)
            loop.call_soon_threadsafe(heard.put_nowait, bytes(data))

        with closing(self._opened(hear)):
            while True:
                try:
                    async with asyncio.timeout(UNPLUGGED_S):
                        pcm = await heard.get()
                except TimeoutError:
                    raise MicrophoneError(
                        "The microphone gives no sound any more. Plug it in and start again."
                    ) from None
                yield pcm

    def _about(self) -> dict[str, Any]:
        try:
            about: dict[str, Any] = self._portaudio.query_devices(self._device, "input")
        except (ValueError, self._portaudio.PortAudioError) as error:
            if self._device is None:
                raise MicrophoneError(NO_MICROPHONE) from error
            raise MicrophoneError(
                f"There is no microphone {str(self._device)!r}. These are there: "
                "sotto listen --list-devices"
            ) from error
        return about

    def _opened(self, hear: Callable[..., None]) -> Any:  # noqa: ANN401 - PortAudio is untyped
        try:
            stream = self._portaudio.RawInputStream(
                samplerate=self.rate_hz,
                blocksize=self.rate_hz * CHUNK_MS // 1000,
                device=self._device,
                channels=1,
                dtype="int16",
                callback=hear,
            )
            stream.start()
        except (ValueError, self._portaudio.PortAudioError) as error:
            raise MicrophoneError(
                "The microphone cannot be opened. Close other programs that use it, allow this "
                "terminal to use it, or give --device another one."
            ) from error
        return stream


def devices() -> list[str]:
    """The microphones there are, a line each: number, name, and whether it is the default.

    Raises:
        MicrophoneError: PortAudio is missing, or there is no microphone.
    """
    portaudio = _portaudio()
    try:
        default = portaudio.default.device[0]
        found = [each for each in portaudio.query_devices() if each["max_input_channels"] > 0]
    except portaudio.PortAudioError as error:
        raise MicrophoneError(NO_MICROPHONE) from error
    if not found:
        raise MicrophoneError(NO_MICROPHONE)
    return [
        f"{each['index']:3}  {each['name']}{'  (default)' * (each['index'] == default)}"
        for each in found
    ]


def is_silent(pcm: bytes) -> bool:
    """Whether every sample is exactly zero, which a microphone that works never gives."""
    return pcm.count(0) == len(pcm)


def _portaudio() -> ModuleType:
    try:
        import sounddevice
    except ImportError as error:
        raise MicrophoneError(NO_PACKAGE) from error
    except OSError as error:
        how = NO_PORTAUDIO.get(sys.platform, "pip install --force-reinstall sounddevice")
        raise MicrophoneError(
            f"PortAudio, which reads microphones, is missing. Install it with: {how}"
        ) from error
    module: ModuleType = sounddevice
    return module
