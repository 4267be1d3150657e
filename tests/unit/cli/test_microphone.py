from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from sidecar.cli import microphone
from sidecar.cli.microphone import Microphone, MicrophoneError, devices, is_silent

# What we use of the package sounddevice, for machines without PortAudio or a microphone.
PORTAUDIO = """
    from threading import Thread
    from types import SimpleNamespace

    class PortAudioError(Exception):
        pass

    default = SimpleNamespace(device=(2, 0))
    DEVICES = [
        dict(index=0, name="Speakers", max_input_channels=0, default_samplerate=48000.0),
        dict(index=1, name="Webcam", max_input_channels=1, default_samplerate=16000.0),
        dict(index=2, name="Headset", max_input_channels=1, default_samplerate=44100.0),
    ]
    BUSY = False
    CHUNKS = []

    def query_devices(device=None, kind=None):
        if kind is None:
            return DEVICES
        device = default.device[0] if device is None else device
        found = [each for each in DEVICES if device in (each["index"], each["name"])]
        if not found:
            raise ValueError(f"No input device matching {device!r}")
        return found[0]

    class RawInputStream:
        closed = False

        def __init__(self, *, samplerate, blocksize, device, channels, dtype, callback):
            assert (channels, dtype) == (1, "int16")
            self._size, self._callback = blocksize, callback

        def start(self):
            if BUSY:
                raise PortAudioError("Device unavailable")
            self._thread = Thread(target=self._play)
            self._thread.start()

        def _play(self):
            for byte, overflow in CHUNKS:
                flags = SimpleNamespace(input_overflow=overflow)
                self._callback(bytearray([byte]) * 2 * self._size, self._size, None, flags)

        def close(self):
            self._thread.join()
            RawInputStream.closed = True
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    (folder / "sounddevice.py").write_text(dedent(source), encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)


@pytest.fixture
def portaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(tmp_path, monkeypatch, PORTAUDIO)
    return tmp_path


async def test_a_microphone_gives_what_is_spoken_at_the_rate_it_prefers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = "CHUNKS = [(1, False), (2, False)]"
    install(tmp_path, monkeypatch, PORTAUDIO.replace("CHUNKS = []", chunks))
    source = Microphone()
    heard = source.chunks()

    first, second = await anext(heard), await anext(heard)
    await heard.aclose()

    assert source.rate_hz == 44_100
    assert (first, second) == (b"\x01" * 8820, b"\x02" * 8820)
    assert not source.lost
    assert sys.modules["sounddevice"].RawInputStream.closed


async def test_sound_that_the_system_dropped_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, PORTAUDIO.replace("CHUNKS = []", "CHUNKS = [(1, True)]"))
    source = Microphone()
    heard = source.chunks()

    await anext(heard)
    await heard.aclose()

    assert source.lost


async def test_a_microphone_that_is_unplugged_is_told_in_a_sentence(
    portaudio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "UNPLUGGED_S", 0.01)

    with pytest.raises(MicrophoneError, match="gives no sound any more"):
        await anext(Microphone().chunks())


async def test_a_microphone_in_use_elsewhere_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, PORTAUDIO.replace("BUSY = False", "BUSY = True"))

    with pytest.raises(MicrophoneError, match="Close other programs"):
        await anext(Microphone().chunks())


def test_a_device_is_chosen_by_number_or_name(portaudio: Path) -> None:
    assert Microphone("1").rate_hz == Microphone("Webcam").rate_hz == 16_000


def test_a_device_that_is_not_there_is_named(portaudio: Path) -> None:
    with pytest.raises(MicrophoneError, match=r"no microphone 'Gramophone'.*--list-devices"):
        Microphone("Gramophone")


def test_devices_are_listed_with_the_default(portaudio: Path) -> None:
    assert devices() == ["  1  Webcam", "  2  Headset  (default)"]


def test_a_machine_without_a_microphone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, PORTAUDIO + "\n    DEVICES.clear()\n")

    with pytest.raises(MicrophoneError, match="No microphone was found"):
        devices()
    with pytest.raises(MicrophoneError, match="No microphone was found"):
        Microphone()


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ("raise ImportError", "pip install 'sotto-sidecar[mic]'"),
        ("raise OSError('PortAudio library not found')", "install"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, command: str
) -> None:
    install(tmp_path, monkeypatch, source)

    with pytest.raises(MicrophoneError) as caught:
        devices()

    assert command in str(caught.value)


def test_only_a_dead_microphone_gives_nothing_but_zeros() -> None:
    assert is_silent(bytes(3200))
    assert not is_silent(bytes(3198) + b"\x01\x00")
