"""Reading sound files: ours to 16 kHz mono, against PyAV alone doing the same.

The peer is the usual few lines: FFmpeg decodes, mixes and resamples (libswresample). It
is given each file's bytes, as ours is. Memory is what reading an hour adds to the
process at its peak.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import soundfile

from benchmarks._report import Row, report, take_turns
from benchmarks._speech import samples_of
from sidecar.audio.files import open_audio

if TYPE_CHECKING:
    from sidecar.domain import Samples

CLIP = "en_ls_other_1688-142285_0000-0009.flac"  # 67 s
FORMATS = {
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "ogg": ("ogg", "libopus"),
    "mp3": ("mp3", "libmp3lame"),
    "webm": ("webm", "libopus"),
    "m4a": ("mp4", "aac"),
}
HOUR_S = 3_600


def main() -> None:
    samples = samples_of(CLIP)
    seconds = len(samples) / 16_000
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for name, (container, codec) in FORMATS.items():
        source = encode(samples, container, codec)
        rounds = take_turns({"ours": ours(source), "peer": peer(source)}, rounds=7)
        ratio = rounds.ratio("ours", "peer")
        ms = {side: rounds.median_s(side) / seconds * 1e3 for side in ("ours", "peer")}
        rows.append(Row(f"{name}, 48 kHz", ms["ours"], "ms/s", ms["peer"], ratio))
        figures |= {f"{name}_rtf": ms["ours"] / 1e3, f"{name}_vs_pyav": ratio}
    if sys.platform == "linux":
        figures["hour_extra_mb"] = extra_memory_mb()
        rows.append(Row("an hour of FLAC, extra memory", figures["hour_extra_mb"], "MB", goal=16))
    report("audio", rows, figures)


def encode(samples: Samples, container: str, codec: str) -> bytes:
    """The clip at 48 kHz in stereo, as phones and browsers record."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as muxer:
        stream: Any = muxer.add_stream(codec, rate=48_000, layout="stereo")
        encoder = stream.codec_context
        encoder.open()
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = 16_000
        pieces = av.AudioResampler(
            encoder.format.name, "stereo", 48_000, frame_size=encoder.frame_size or 1_024
        )
        for piece in (*pieces.resample(frame), *pieces.resample(None), None):
            muxer.mux(stream.encode(piece))
    return file.getvalue()


def ours(source: bytes) -> Callable[[], None]:
    def run() -> None:
        with open_audio(source) as audio:
            for _ in audio.blocks():
                pass

    return run


def peer(source: bytes) -> Callable[[], None]:
    def run() -> None:
        with av.open(io.BytesIO(source), "r") as container:
            resampler = av.AudioResampler("flt", "mono", 16_000)
            pieces = [
                resampled.to_ndarray()
                for frame in container.decode(audio=0)
                for resampled in resampler.resample(frame)
            ]
            np.concatenate(pieces, axis=1)

    return run


def extra_memory_mb() -> float:
    """Peak memory of a process that reads an hour, over one that reads a second."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = []
        for seconds in (1, HOUR_S):
            path = Path(folder) / f"{seconds}.flac"
            noise = np.random.default_rng(1).integers(-99, 99, 16_000, dtype=np.int16)
            with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16", format="FLAC") as file:
                for _ in range(seconds):
                    file.write(noise)
            peaks.append(peak_memory_mb(path))
    return peaks[1] - peaks[0]


def peak_memory_mb(path: Path) -> float:
    # Not getrusage: a child begins with the peak of the process that started it.
    code = (
        "import sys; from pathlib import Path; from sidecar.audio.files import open_audio\n"
        "with open_audio(Path(sys.argv[1])) as audio: n = sum(map(len, audio.blocks()))\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return int(run.stdout) / 1_024
