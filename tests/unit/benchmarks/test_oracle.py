from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks._oracle import NAME, Known, OracleEngine, OracleSegment, install, spread
from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry

TEXT = "the quick brown fox jumps over the lazy dog again"


def noise(seconds: float, seed: int) -> Samples:
    """Sound that is nowhere the same."""
    generator = np.random.default_rng(seed)
    pcm = generator.integers(-8_000, 8_000, round(seconds * SAMPLE_RATE_HZ))
    samples: Samples = pcm.astype(np.float32) / np.float32(32_768)
    return samples


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OracleEngine:
    """One that knows two recordings of five seconds."""
    first = Known(noise(5, 1), spread("something else", [(0, 80_000)]))
    second = Known(noise(5, 2), spread(TEXT, [(0, 80_000)]))
    for name, value in install(tmp_path, [first, second]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = OracleEngine()
    engine.load()
    return engine


def opened(engine: OracleEngine, samples: Samples) -> OracleSegment:
    segment = engine.open(SegmentOptions())
    segment.feed(samples)
    return segment


def test_a_final_pass_is_right_wherever_the_audio_is_from(engine: OracleEngine) -> None:
    heard = opened(engine, noise(5, 2)).decode(Ask(final=True), lambda: False)

    assert heard.text == TEXT
    assert heard.words[0].start_s == 0


def test_a_part_of_a_recording_gives_the_words_in_it_with_times_of_that_part(
    engine: OracleEngine,
) -> None:
    part = noise(5, 2)[16_000:48_000]

    heard = opened(engine, part).decode(Ask(final=True), lambda: False)

    assert heard.text in TEXT
    assert 3 <= len(heard.words) <= 5
    assert all(0 <= word.start_s < word.end_s <= 2 for word in heard.words)


def test_partial_passes_waver_near_the_end_of_the_audio_only(engine: OracleEngine) -> None:
    samples = noise(5, 2)
    truth = TEXT.split()
    wrong_at_s = []

    for n in range(16_000, 80_001, 1_600):
        heard = opened(engine, samples[:n]).decode(Ask(), lambda: False)
        said = zip(heard.words, truth, strict=False)
        wrong_at_s += [n / 16_000 - word.end_s for word, right in said if word.text != right]

    assert len(wrong_at_s) > 10
    assert max(wrong_at_s) < 2.0


def test_the_same_pass_says_the_same(engine: OracleEngine) -> None:
    one, other = (
        opened(engine, noise(5, 2)[:40_000]).decode(Ask(), lambda: False) for _ in range(2)
    )

    assert one == other


def test_audio_that_it_does_not_know_has_no_words(engine: OracleEngine) -> None:
    for samples in (noise(1, 3), noise(0.01, 2)):
        assert opened(engine, samples).decode(Ask(final=True), lambda: False).text == ""


def test_words_are_spread_over_speech_and_never_over_silence() -> None:
    words = spread("one two, three 四", [(16_000, 32_000), (64_000, 80_000)])

    assert [word.text for word in words] == ["one", "two,", "three", "四"]
    assert words[0].start_s == 1.0
    assert words[-1].end_s == pytest.approx(5.0, abs=0.01)
    assert all(1 <= word.start_s <= 2 or 4 <= word.start_s <= 5 for word in words)
    assert spread("one", []) == ()
    assert spread("", [(0, 100)]) == ()


def test_a_character_is_mistaken_for_a_character() -> None:
    speech = [(0, 16_000)]
    known = Known(noise(1, 4), spread("我很好", speech))
    segment = OracleSegment(b"", known.words)

    heard = [[*segment.hear(0.0, n / 100, final=False)] for n in range(10, 100)]

    assert all(len(word.text.rstrip(",")) == 1 for words in heard for word in words)
    assert len({word.text for words in heard for word in words}) > 10


async def test_it_is_found_and_started_like_any_engine(engine: OracleEngine) -> None:
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    try:
        heard = await pool.recognise(NAME, noise(5, 2), SegmentOptions())
    finally:
        await pool.close()

    assert heard.text == TEXT
