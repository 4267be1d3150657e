"""Recordings made up for the tests, in every format."""

from __future__ import annotations

import io
import struct
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

from sidecar.audio.files import open_audio
from sidecar.domain import Samples


def sweep(seconds: float, rate_hz: int = 16_000) -> npt.NDArray[np.float64]:
    """A tone that rises from 200 Hz to 3 kHz and stays clear of full scale."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * (200 * t + 1_400 * t**2 / max(seconds, 0.1))))


def encoded(samples: npt.NDArray[np.floating], rate_hz: int, container: str, subtype: str) -> bytes:
    """A file written by libsndfile; `samples` has shape (n,) or (n, channels)."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, subtype=subtype, format=container)
    return file.getvalue()


def wav(samples: npt.NDArray[np.floating], rate_hz: int = 16_000) -> bytes:
    return encoded(samples, rate_hz, "WAV", "PCM_16")


def wav_saying(data: bytes, size: int, *, rate_hz: int = 16_000, channels: int = 1) -> bytes:
    """A 16-bit WAV whose header says that `data` has `size` bytes."""
    block = 2 * channels
    byte_rate = min(rate_hz * block, 0xFFFFFFFF)
    fmt = struct.pack("<IHHIIHH", 16, 1, channels, rate_hz, byte_rate, block & 0xFFFF, 16)
    riff = struct.pack("<4sI4s4s", b"RIFF", min(36 + size, 0xFFFFFFFF), b"WAVE", b"fmt ")
    return riff + fmt + struct.pack("<4sI", b"data", size) + data


def pcm16(samples: npt.NDArray[np.floating]) -> bytes:
    return (samples * 32_767).astype("<i2").tobytes()


def muxed(
    samples: npt.NDArray[np.floating],
    container: str,
    codec: str,
    *,
    live: bool = False,
    layout: str = "mono",
) -> bytes:
    """A 48 kHz file written by FFmpeg, the same in all channels.

    `live` writes it as a browser's MediaRecorder streams it.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, options={"live": "1"} if live else {}) as muxer:
        stream: Any = muxer.add_stream(codec, rate=48_000, layout=layout)
        encoder = stream.codec_context
        encoder.open()
        packed = np.repeat(np.asarray(samples, np.float32), encoder.layout.nb_channels)
        frame = av.AudioFrame.from_ndarray(packed[None], format="flt", layout=layout)
        frame.sample_rate = 48_000
        pieces = av.AudioResampler(
            encoder.format.name, layout, 48_000, frame_size=encoder.frame_size
        )
        for piece in (*pieces.resample(frame), *pieces.resample(None), None):
            muxer.mux(stream.encode(piece))
    return file.getvalue()


def film_without_sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as muxer:
        stream: Any = muxer.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            muxer.mux(stream.encode(image))
        muxer.mux(stream.encode(None))
    return file.getvalue()


def decoded(source: bytes) -> Samples:
    with open_audio(source) as audio:
        blocks = list(audio.blocks())
    return np.asarray(np.concatenate(blocks), np.float32)
