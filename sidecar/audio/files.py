"""Any sound file to mono 16 kHz, a second at a time.

    bytes -> identify -> decode (libsndfile or FFmpeg) -> mono -> resample -> blocks of 1 s

Nothing is held but the block in hand, so a file of hours, or a tiny one that unpacks
to hours, costs no more memory than a short one.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sidecar.audio.decoders import Decoder, FfmpegDecoder, Pcm, SndfileDecoder
from sidecar.audio.kinds import Kind, identify
from sidecar.audio.resample import Resampler
from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.errors import BadAudioError

if TYPE_CHECKING:
    from sidecar.domain import Samples

SUBSTANTIAL_SAMPLES = SAMPLE_RATE_HZ // 20  # of a damaged file; less is not worth reading


class AudioFile:
    """An open recording. Leave it as a context manager, or `close` it.

    Attributes:
        duration_s: what the header says and the file is large enough for, else None.
            A hint for progress: only the blocks tell how long the recording is.
        damaged: set while reading, when a part could not be decoded and is left out.
    """

    def __init__(self, file: BinaryIO, kind: Kind) -> None:
        self._file = file
        self._kind = kind
        self._decoder = _open_decoder(file, kind)
        self.duration_s = self._decoder.duration_s
        self.damaged = False

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the decoder and the file."""
        self._decoder.close()
        self._file.close()

    def blocks(self) -> Iterator[Samples]:
        """Decode the recording, once.

        Yields:
            Mono 16 kHz float32 samples, shape (16000,), the last one shorter. Channels
            are averaged; what is beyond full scale is clipped.

        Raises:
            BadAudioError: "empty", "damaged", "unsupported" or "not_finite", as in
                `open_audio`. A file that breaks off gives what came before, instead.
        """
        n = 0
        for block in _seconds(_resampled(self._survivors())):
            n += len(block)
            if n >= SUBSTANTIAL_SAMPLES or not self.damaged:
                yield block
        if self.damaged and n < SUBSTANTIAL_SAMPLES:
            raise BadAudioError(
                "The recording is damaged and has no sound left. Record or export it again.",
                detail="damaged",
            )
        if not n:
            raise BadAudioError("The recording has no sound in it. Record again.", detail="empty")

    def _survivors(self) -> Iterator[Pcm]:
        """Everything that can be decoded, by FFmpeg from where libsndfile gives up.

        libsndfile never finds the next good frame after a bad one, and takes an OGG file
        without its last page for empty.
        """
        done = 0
        with self._noting_damage():
            for pcm in self._decoder.pcm():
                done += len(pcm.samples)
                yield pcm
        if isinstance(self._decoder, SndfileDecoder) and (self.damaged or not done):
            self._decoder.close()
            with self._noting_damage():
                self._decoder = FfmpegDecoder(self._file, self._kind)
                yield from _after(done, self._decoder.pcm())

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except BadAudioError as error:
            if error.detail != "damaged":
                raise
            self.damaged = True


def open_audio(source: bytes | Path) -> AudioFile:
    """Open a recording, whatever its format, rate, channels and depth.

    Args:
        source: the file's content, or where it is. Its name is not looked at.

    Raises:
        BadAudioError: its `detail` is one of
            "empty": no bytes, or no samples;
            "not_audio": none of the formats we know, for example text, an image, an
                archive, or something encrypted;
            "no_audio_track": a film or image without sound;
            "unsupported": audio whose codec, sample rate or channel count we do not take;
            "damaged": the format is known, but nothing worth hearing can be decoded;
            "not_finite": a sample is NaN or infinite;
            "unreadable": the file cannot be opened.
    """
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    except OSError as error:
        raise BadAudioError(
            "The file cannot be opened. Check that it exists and may be read.", detail="unreadable"
        ) from error
    try:
        return AudioFile(file, identify(file))
    except BaseException:
        file.close()
        raise


def _open_decoder(file: BinaryIO, kind: Kind) -> Decoder:
    if kind.sndfile:
        try:
            return SndfileDecoder(file)
        except BadAudioError as error:
            if error.detail != "damaged":
                raise
    return FfmpegDecoder(file, kind)


def _after(skip: int, pieces: Iterator[Pcm]) -> Iterator[Pcm]:
    """`pieces` without their first `skip` samples."""
    for pcm in pieces:
        kept = pcm.samples[skip:]
        skip = max(0, skip - len(pcm.samples))
        if len(kept):
            yield Pcm(pcm.rate_hz, kept)


def _resampled(pieces: Iterator[Pcm]) -> Iterator[Samples]:
    """Mono at 16 kHz. The rate may change within a stream."""
    rate_hz, resampler = SAMPLE_RATE_HZ, Resampler(SAMPLE_RATE_HZ)
    for pcm in pieces:
        if pcm.rate_hz != rate_hz:
            yield resampler.flush()
            rate_hz, resampler = pcm.rate_hz, Resampler(pcm.rate_hz)
        yield resampler.push(_mono(pcm.samples))
    yield resampler.flush()


def _mono(samples: Samples) -> Samples:
    """Average the channels of shape (n, channels).

    Not the libraries' own mixing, which makes stereo 3 dB louder and may clip.
    """
    peak = np.abs(samples).max(initial=0)
    if not np.isfinite(peak):
        raise BadAudioError(
            "The recording has samples that are not numbers. Export it again as 16-bit WAV.",
            detail="not_finite",
        )
    if peak > 1:
        samples = np.clip(samples, -1, 1)
    channels = samples.shape[1]
    if channels == 1:
        return samples[:, 0]
    # As a product: 35 times faster than a mean over so short an axis.
    return np.asarray(samples @ np.full(channels, 1 / channels, np.float32), np.float32)


def _seconds(pieces: Iterator[Samples]) -> Iterator[Samples]:
    """Regroup pieces of any size into blocks of a second; the last may be shorter."""
    held: Samples = np.empty(0, np.float32)
    for piece in pieces:
        held = np.concatenate((held, piece))
        whole = len(held) - len(held) % SAMPLE_RATE_HZ
        yield from held[:whole].reshape(-1, SAMPLE_RATE_HZ)
        held = held[whole:]
    if len(held):
        yield held
