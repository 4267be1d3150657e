from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sidecar.audio import decoders
from sidecar.audio.files import open_audio
from sidecar.errors import BadAudioError
from tests.unit.audio.recordings import (
    decoded,
    encoded,
    film_without_sound,
    muxed,
    pcm16,
    sweep,
    wav,
    wav_saying,
)

DETAILS = {
    "empty",
    "not_audio",
    "no_audio_track",
    "unsupported",
    "damaged",
    "not_finite",
    "unreadable",
}


def refusal(source: bytes | Path) -> str:
    """Why a recording is refused: at once, or while it is read."""
    with pytest.raises(BadAudioError) as caught, open_audio(source) as audio:
        for _ in audio.blocks():
            pass
    assert caught.value.message.endswith(".")
    assert caught.value.detail in DETAILS
    return str(caught.value.detail)


def likeness(heard: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """Normalised correlation at the best offset: codecs delay by some milliseconds."""
    n = len(heard) + len(expected)
    spectrum = np.fft.rfft(heard, n) * np.fft.rfft(expected, n).conj()
    return float(np.fft.irfft(spectrum).max() / np.linalg.norm(heard) / np.linalg.norm(expected))


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )


# ---- what is read


@pytest.mark.parametrize(
    ("container", "subtype", "error"),
    [
        ("WAV", "PCM_16", 1e-4),
        ("WAV", "PCM_U8", 1e-2),
        ("WAV", "PCM_24", 1e-6),
        ("WAV", "PCM_32", 1e-6),
        ("WAV", "FLOAT", 1e-6),
        ("WAV", "DOUBLE", 1e-6),
        ("WAV", "ULAW", 2e-2),
        ("RF64", "PCM_16", 1e-4),
        ("W64", "PCM_16", 1e-4),
        ("AIFF", "PCM_16", 1e-4),
        ("AU", "PCM_16", 1e-4),
        ("CAF", "PCM_16", 1e-4),
        ("FLAC", "PCM_16", 1e-4),
        ("FLAC", "PCM_24", 1e-6),
    ],
)
def test_lossless_formats_give_the_samples_that_were_written(
    container: str, subtype: str, error: float
) -> None:
    heard = decoded(encoded(sweep(1.5), 16_000, container, subtype))

    np.testing.assert_allclose(heard, sweep(1.5), atol=error)


@pytest.mark.parametrize(
    "source",
    [
        encoded(sweep(3, 48_000), 48_000, "OGG", "VORBIS"),
        encoded(sweep(3, 48_000), 48_000, "OGG", "OPUS"),
        encoded(sweep(3, 48_000), 48_000, "MP3", "MPEG_LAYER_III"),
        muxed(sweep(3, 48_000), "webm", "libopus", live=True),
        muxed(sweep(3, 48_000), "mp4", "aac"),
        muxed(sweep(3, 48_000), "adts", "aac"),
    ],
    ids=["ogg", "opus", "mp3", "webm", "m4a", "aac"],
)
def test_lossy_formats_give_what_was_said_and_as_long(source: bytes) -> None:
    heard = decoded(source)

    assert len(heard) == pytest.approx(48_000, abs=2_000)
    assert likeness(heard, sweep(3)) > 0.97


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 96_000, 192_000])
def test_any_rate_becomes_16_khz_of_the_same_length_and_sound(rate_hz: int) -> None:
    heard = decoded(wav(sweep(2, rate_hz), rate_hz))

    assert len(heard) == 32_000
    # The ends ring, where the tone starts and stops out of nothing.
    np.testing.assert_allclose(heard[400:-400], sweep(2)[400:-400], atol=2e-3)


def test_channels_are_averaged_and_not_made_louder() -> None:
    one, silence = sweep(1), np.zeros(16_000)
    six = np.stack((one, one, one, silence, silence, silence), axis=1)

    heard = decoded(wav(six))

    np.testing.assert_allclose(heard, one / 2, atol=1e-4)


def test_stereo_is_averaged_whichever_library_reads_it() -> None:
    with_ffmpeg = decoded(wav_saying(pcm16(np.repeat(sweep(1), 2)), 4, channels=2))

    np.testing.assert_allclose(with_ffmpeg, sweep(1), atol=1e-4)


@pytest.mark.parametrize("layout", ["5.1", "6.1", "7.1"])
def test_eight_channels_in_planes_are_read_as_well_as_six(layout: str) -> None:
    # In a process of its own: what goes wrong here is a crash.
    code = (
        "import sys\n"
        "from tests.unit.audio.recordings import decoded, muxed, sweep\n"
        "heard = decoded(muxed(sweep(2, 48_000), 'mp4', 'aac', layout=sys.argv[1]))\n"
        "print(len(heard), round(float(heard.std()), 1))\n"
    )

    run = python(code, layout)

    assert run.returncode == 0, run.stderr
    n, loudness = run.stdout.split()
    assert int(n) == pytest.approx(32_000, abs=2_000)
    assert float(loudness) == pytest.approx(sweep(2).std(), abs=0.1)


def test_samples_beyond_full_scale_are_clipped() -> None:
    heard = decoded(encoded(np.array([0.5, 3.0, -1e30] * 400), 16_000, "WAV", "FLOAT"))

    assert heard[:3].tolist() == [0.5, 1.0, -1.0]


def test_a_file_is_known_by_its_bytes_and_never_by_its_name(tmp_path: Path) -> None:
    renamed = tmp_path / "holiday.txt"
    renamed.write_bytes(encoded(sweep(1), 16_000, "FLAC", "PCM_16"))

    with open_audio(renamed) as audio:
        assert audio.duration_s == 1.0
        assert sum(map(len, audio.blocks())) == 16_000


def test_an_mp3_with_a_long_tag_in_front_is_still_an_mp3() -> None:
    mp3 = encoded(sweep(2), 16_000, "MP3", "MPEG_LAYER_III")
    tag = b"ID3\x04\x00\x00\x00\x01\x00\x00" + bytes(1 << 14)

    assert len(decoded(tag + mp3)) == pytest.approx(32_000, abs=2_000)


def test_blocks_are_a_second_each_but_for_the_last() -> None:
    with open_audio(wav(sweep(10.5, 44_100), 44_100)) as audio:
        lengths = [len(block) for block in audio.blocks()]

    assert lengths == [16_000] * 10 + [8_000]


def test_real_recordings_have_the_length_the_manifest_says(speech: Any) -> None:
    for row in speech.rows:
        if row["seconds"] > 100:
            continue
        with open_audio(speech.path(row["file"])) as audio:
            heard_s = sum(map(len, audio.blocks())) / 16_000
            assert heard_s == pytest.approx(row["seconds"], abs=0.06)
            assert audio.duration_s == pytest.approx(heard_s, abs=0.06)
            assert not audio.damaged


# ---- headers that lie


@pytest.mark.parametrize("size", [0, 1, 100, 64_000, 200_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_whose_header_lies_about_its_length_is_read_to_its_end(size: int) -> None:
    data = pcm16(sweep(3))
    source = wav_saying(data, size)

    with open_audio(source) as audio:
        heard = np.concatenate(list(audio.blocks()))

    np.testing.assert_allclose(heard, sweep(3), atol=1e-4)
    assert audio.duration_s is None or audio.duration_s == pytest.approx(3)


def test_an_honest_wav_ends_where_its_other_chunks_begin() -> None:
    data = pcm16(sweep(1))
    note = b"LIST" + (26).to_bytes(4, "little") + b"INFOIART\x0e\x00\x00\x00somebody here\x00"

    assert len(decoded(wav_saying(data, len(data)) + note)) == 16_000


def test_a_browsers_recording_tells_no_duration() -> None:
    with open_audio(muxed(sweep(2, 48_000), "webm", "libopus", live=True)) as audio:
        assert audio.duration_s is None
        assert sum(map(len, audio.blocks())) == pytest.approx(32_000, abs=500)


def test_a_duration_no_file_of_that_size_could_have_is_not_believed() -> None:
    flac = bytearray(encoded(sweep(1), 16_000, "FLAC", "PCM_16"))
    flac[21] |= 0x0F  # the upper bits of the number of samples

    with open_audio(bytes(flac)) as audio:
        assert audio.duration_s is None


# ---- what is damaged

# Noise fills the pages of the lossy formats, so that half a file has many of them.
NOISY_48 = 0.5 * sweep(10, 48_000) + np.random.default_rng(2).normal(0, 0.05, 480_000)
NOISY = soxr.resample(NOISY_48, 48_000, 16_000)


@pytest.mark.parametrize(
    "source",
    [
        wav(NOISY),
        encoded(NOISY, 16_000, "FLAC", "PCM_16"),
        encoded(NOISY, 16_000, "OGG", "VORBIS"),
        encoded(NOISY, 16_000, "OGG", "OPUS"),
        encoded(NOISY, 16_000, "MP3", "MPEG_LAYER_III"),
        muxed(NOISY_48, "webm", "libopus", live=True),
        muxed(NOISY_48, "adts", "aac"),
    ],
    ids=["wav", "flac", "vorbis", "opus", "mp3", "webm", "aac"],
)
def test_a_truncated_recording_gives_what_came_before(source: bytes) -> None:
    heard = decoded(source[: len(source) // 2])

    assert 2 * 16_000 < len(heard) < 8 * 16_000
    assert likeness(heard, NOISY[: len(heard)]) > 0.98


def test_a_hole_in_a_flac_costs_the_hole_and_not_the_rest() -> None:
    flac = bytearray(encoded(sweep(10), 16_000, "FLAC", "PCM_16"))
    flac[len(flac) // 2 : len(flac) // 2 + 200] = bytes(200)

    with open_audio(bytes(flac)) as audio:
        heard = np.concatenate(list(audio.blocks()))

    assert audio.damaged
    assert len(heard) > 9 * 16_000
    np.testing.assert_allclose(heard[-16_000:], sweep(10)[-16_000:], atol=1e-4)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        (b"", "empty"),
        (wav(np.empty(0)), "empty"),
        (encoded(np.empty(0), 16_000, "FLAC", "PCM_16"), "empty"),
        (b"\x00" * 4_096, "not_audio"),
        (b"Dear diary, today I spoke to a computer. " * 100, "not_audio"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "not_audio"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not_audio"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not_audio"),
        (b"%PDF-1.7\n" + bytes(200), "not_audio"),
        (np.random.default_rng(5).bytes(100_000), "not_audio"),
        (film_without_sound(), "no_audio_track"),
        (wav(sweep(1))[:20], "damaged"),
        (wav(sweep(1))[:44], "empty"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" * 10_000, "damaged"),
        (b"fLaC" + np.random.default_rng(5).bytes(50_000), "damaged"),
        (b"OggS" + np.random.default_rng(5).bytes(50_000), "damaged"),
        (b"\xff\xfb\x90\x00" + np.random.default_rng(5).bytes(50_000), "damaged"),
        (b"\x1a\x45\xdf\xa3" + np.random.default_rng(5).bytes(50_000), "damaged"),
        (muxed(sweep(3, 48_000), "mp4", "aac")[:9_000], "damaged"),
        (muxed(sweep(3, 48_000), "webm", "libopus", live=True)[9_000:], "not_audio"),
        (wav_saying(pcm16(sweep(1)), 32_000, rate_hz=1), "unsupported"),
        (wav_saying(pcm16(sweep(1)), 32_000, rate_hz=0x7FFFFFFF), "unsupported"),
    ],
)
def test_what_is_not_a_recording_is_refused_with_the_reason(source: bytes, detail: str) -> None:
    assert refusal(source) == detail


def test_an_archive_of_recordings_is_not_a_recording() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("speech.wav", wav(sweep(1)))

    assert refusal(archive.getvalue()) == "not_audio"


def test_a_recording_encrypted_as_a_whole_is_not_a_recording() -> None:
    key = np.random.default_rng(9).bytes(len(wav(sweep(1))))
    encrypted = bytes(a ^ b for a, b in zip(wav(sweep(1)), key, strict=True))

    assert refusal(encrypted) == "not_audio"


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 40_000])
def test_a_sample_that_is_no_number_is_refused(poison: float, at: int) -> None:
    samples = sweep(3)
    samples[at] = poison

    assert refusal(encoded(samples, 16_000, "WAV", "FLOAT")) == "not_finite"


@pytest.mark.parametrize("channels", [0, 3_000, 65_535])
def test_an_absurd_number_of_channels_is_refused(channels: int) -> None:
    assert refusal(wav_saying(pcm16(sweep(1)), 32_000, channels=channels)) in {
        "unsupported",
        "damaged",
    }


def test_a_file_that_is_not_there_is_refused_without_naming_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "gone.wav"

    assert refusal(missing) == "unreadable"
    assert refusal(tmp_path) == "unreadable"
    with pytest.raises(BadAudioError) as caught:
        open_audio(missing)
    assert "gone" not in caught.value.message


# ---- bounds


def test_hours_in_a_tiny_file_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "silence.flac"
    hour = np.zeros(3_600 * 16_000, np.int16)
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16", format="FLAC") as file:
        for _ in range(3):
            file.write(hour)
    del hour

    tracemalloc.start()
    with open_audio(path) as audio:
        n = sum(map(len, audio.blocks()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert n == 3 * 3_600 * 16_000
    assert peak < 4 << 20


@pytest.mark.parametrize(
    "source", [b"OggS" * 10_000, muxed(sweep(1, 48_000), "webm", "libopus", live=True)]
)
def test_a_search_for_sound_that_takes_too_long_is_given_up(
    source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders, "LONGEST_SEARCH_S", -1.0)

    assert refusal(source) == "damaged"


@pytest.mark.parametrize("chunk", [b"\x00" * 8, b"abcd\x00\x00\x00\x00"])
def test_a_wav_of_nothing_but_empty_chunks_is_refused(chunk: bytes) -> None:
    assert refusal(b"RIFF\x00\x00\x00\x00WAVE" + chunk * 100_000) == "damaged"


def test_nothing_is_printed_about_damaged_files_of_any_kind() -> None:
    code = (
        "from sidecar.errors import BadAudioError\n"
        "from tests.unit.audio.recordings import *\n"
        "tone = sweep(3, 48_000)\n"
        "for source in (muxed(tone, 'webm', 'libopus', live=True),\n"
        "               muxed(tone, 'adts', 'aac'),\n"
        "               encoded(tone, 48_000, 'MP3', 'MPEG_LAYER_III'),\n"
        "               encoded(tone, 48_000, 'OGG', 'VORBIS'),\n"
        "               encoded(tone, 48_000, 'FLAC', 'PCM_16')):\n"
        "    holed = bytearray(source[:-100])\n"
        "    holed[8_000:9_000] = bytes(1_000)\n"
        "    try: decoded(bytes(holed))\n"
        "    except BadAudioError: pass\n"
    )

    run = python(code)

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


# ---- anything at all

SEEDS = [
    wav(sweep(0.5)),
    encoded(sweep(0.5), 16_000, "WAV", "FLOAT"),
    encoded(sweep(0.5), 16_000, "RF64", "PCM_16"),
    encoded(sweep(0.5), 16_000, "W64", "PCM_16"),
    encoded(sweep(0.5), 16_000, "AIFF", "PCM_16"),
    encoded(sweep(0.5), 16_000, "AU", "PCM_16"),
    encoded(sweep(0.5), 16_000, "CAF", "PCM_16"),
    encoded(sweep(0.5), 16_000, "FLAC", "PCM_16"),
    encoded(sweep(0.5), 16_000, "OGG", "VORBIS"),
    encoded(sweep(0.5), 16_000, "OGG", "OPUS"),
    encoded(sweep(0.5), 16_000, "MP3", "MPEG_LAYER_III"),
    muxed(sweep(0.5, 48_000), "webm", "libopus", live=True),
    muxed(sweep(0.5, 48_000), "mp4", "aac"),
    muxed(sweep(0.5, 48_000), "adts", "aac"),
]


def read_or_refused(source: bytes) -> None:
    """Anything but blocks or `BadAudioError` fails the test that calls this."""
    blocks: list[np.ndarray[Any, Any]] = []
    with suppress(BadAudioError), open_audio(source) as audio:
        blocks.extend(audio.blocks())
    assert all(block.dtype == np.float32 and np.isfinite(block).all() for block in blocks)


@given(st.binary(max_size=4_096))
@example(b"RIFF\x00\x00\x00\x00WAVE")
@example(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f")
@example(b"ID3" * 100)
def test_random_bytes_are_read_or_refused(source: bytes) -> None:
    read_or_refused(source)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 128), st.integers(0, 20_000)),
            st.binary(min_size=1, max_size=8),
        ),
        max_size=6,
    ),
    st.one_of(st.none(), st.integers(0, 20_000)),
)
def test_recordings_with_changed_bytes_are_read_or_refused(
    seed: bytes, changes: list[tuple[int, bytes]], cut: int | None
) -> None:
    source = bytearray(seed)
    for at, new in changes:
        source[at : at + len(new)] = new

    read_or_refused(bytes(source[:cut]))
