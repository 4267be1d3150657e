"""The two libraries that decode, behind one shape. Their exceptions end here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from sidecar.audio.kinds import Kind
from sidecar.errors import BadAudioError

if TYPE_CHECKING:
    import numpy.typing as npt
    from av import AudioFrame, AudioStream

RATES_HZ = range(2_000, 768_001)  # below, a small file would grow into hours
MAX_CHANNELS = 64
BLOCK_SAMPLES = 1 << 18  # of all channels together: 1 MB of float32
# PyAV 18 looks for a null pointer after the last plane; past the seventh FFmpeg need not
# have one, and the process dies. A test of ours reads 7.1 sound and would show it.
MAX_PLANES = 7
LONGEST_SEARCH_S = 5.0  # for one piece of sound in damaged data
MAX_SECONDS_PER_BYTE = 1 / 125  # 1 kbit/s; no codec for speech needs less


@dataclass(frozen=True, slots=True)
class Pcm:
    """A decoded piece: `samples` has shape (n, channels), float32, full scale is 1."""

    rate_hz: int
    samples: npt.NDArray[np.float32]


class Decoder(Protocol):
    """An open file.

    Attributes:
        duration_s: what the header says, or None where it says nothing we can believe.
    """

    duration_s: float | None

    def pcm(self) -> Iterator[Pcm]:
        """Decode to the end; raises BadAudioError("damaged") where that is impossible."""
        ...

    def close(self) -> None:
        """Free what the library holds; the file itself stays open."""
        ...


class SndfileDecoder:
    """libsndfile: WAV and its kin, FLAC, OGG."""

    def __init__(self, file: BinaryIO) -> None:
        import soundfile

        self._source = _Source(file)
        with _as_damage():
            self._file = soundfile.SoundFile(self._source)
        _check_shape(self._file.samplerate, self._file.channels)
        self.duration_s = _believable(self._file.frames / self._file.samplerate, file)

    def pcm(self) -> Iterator[Pcm]:
        """Decode to the end, or to the first damage."""
        rate_hz = self._file.samplerate
        n = min(rate_hz, BLOCK_SAMPLES // self._file.channels)
        while True:
            self._source.restart()
            with _as_damage():
                samples = self._file.read(n, dtype="float32", always_2d=True)
            if not len(samples):
                return
            yield Pcm(rate_hz, samples)

    def close(self) -> None:
        """Free libsndfile's state."""
        self._file.close()


class _Source:
    """A file as the libraries may have it: any seek is taken, and no search is endless.

    They go wherever a damaged header points, and look for the next good byte as far as
    the file is long, which can take minutes. A file that raised would do so inside a
    callback from C, where Python can only print a traceback; so this one just ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self.tell = file.tell
        self._file = file
        self.restart()

    def restart(self) -> None:
        """Give the next call of the library its time."""
        self._deadline_s = time.monotonic() + LONGEST_SEARCH_S

    def read(self, n: int = -1) -> bytes:
        with contextlib.suppress(OSError):
            return b"" if time.monotonic() > self._deadline_s else self._file.read(n)
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        with contextlib.suppress(ValueError, OverflowError, OSError):
            self._file.seek(offset, whence)
        return self._file.tell()


class FfmpegDecoder:
    """FFmpeg through PyAV: WebM, MP4, MP3 and what libsndfile refuses."""

    def __init__(self, file: BinaryIO, kind: Kind) -> None:
        import av

        # No protocol is allowed: nothing inside a file can make FFmpeg open another.
        options = {"protocol_whitelist": ""}
        if kind.size_unknown:
            options["ignore_length"] = "1"
        self._source = _Source(file)
        with _as_damage():
            self._container = av.open(
                self._source, "r", format=kind.demuxer, options=options, metadata_errors="ignore"
            )
        try:
            self._stream = self._first_stream()
            self.duration_s = None if kind.size_unknown else _believable(self._said_s(), file)
        except BadAudioError:
            self.close()
            raise

    def _first_stream(self) -> AudioStream:
        if not self._container.streams.audio:
            raise BadAudioError("There is no sound track in this file.", detail="no_audio_track")
        stream = self._container.streams.audio[0]
        if stream.codec_context is None:
            raise _unsupported("its codec is unknown, or the file is protected")
        return stream

    def _said_s(self) -> float | None:
        """The duration of the stream, or else of the container."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        said_us = self._container.duration
        return None if said_us is None else said_us / 1e6

    def pcm(self) -> Iterator[Pcm]:
        """Skips packets that do not decode; says at the end that there were some."""
        damage: BadAudioError | None = None
        packets = self._container.demux(self._stream)
        while True:
            self._source.restart()
            with _as_damage():
                packet = next(packets, None)
            if packet is None:
                break
            try:
                with _as_damage():
                    decoded = [_pcm_of(frame) for frame in packet.decode()]
            except BadAudioError as error:
                damage = error
            else:
                yield from decoded
        if damage:
            raise damage

    def close(self) -> None:
        """Free FFmpeg's state."""
        self._container.close()


def _pcm_of(frame: AudioFrame) -> Pcm:
    """One decoded frame of any sample format; formats may change within a stream."""
    channels = frame.layout.nb_channels
    _check_shape(frame.sample_rate, channels)
    if frame.format.is_planar and channels > MAX_PLANES:
        import av

        (frame,) = av.AudioResampler(format="flt").resample(frame)
    raw = frame.to_ndarray()  # (channels, n) when planar, else (1, n * channels)
    samples = raw.T if frame.format.is_planar else raw.reshape(-1, channels)
    return Pcm(frame.sample_rate, _to_float(samples))


def _to_float(samples: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Scale integers of any width to [-1, 1); floats pass.

    >>> _to_float(np.array([[0, 128, 255]], np.uint8)).tolist()
    [[-1.0, 0.0, 0.9921875]]
    """
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / np.float32(128)
    if samples.dtype.kind == "i":
        return samples.astype(np.float32) / np.float32(2.0 ** (8 * samples.dtype.itemsize - 1))
    return samples.astype(np.float32)


def _check_shape(rate_hz: int, channels: int) -> None:
    if rate_hz not in RATES_HZ:
        raise _unsupported(f"it has {rate_hz} samples a second")
    if not 1 <= channels <= MAX_CHANNELS:
        raise _unsupported(f"it has {channels} channels")


def _unsupported(why: str) -> BadAudioError:
    return BadAudioError(
        f"This recording cannot be read: {why}. Convert it to WAV or FLAC.", detail="unsupported"
    )


def _believable(duration_s: float | None, file: BinaryIO) -> float | None:
    """`duration_s`, unless the file is far too small for it."""
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    if duration_s is None or not 0 < duration_s <= size * MAX_SECONDS_PER_BYTE:
        return None
    return duration_s


@contextlib.contextmanager
def _as_damage() -> Iterator[None]:
    """Turn whatever a decoder raises into the one error callers know."""
    try:
        yield
    except BadAudioError:
        raise
    except Exception as error:
        raise BadAudioError(
            "The recording is damaged or cut off before any sound. Record or export it again.",
            detail="damaged",
        ) from error
