from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from transformers.models.qwen3_asr.processing_qwen3_asr import _fix_timestamps

from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.engine.backends.aligner import AlignerEngine, AlignerSegment
from sidecar.engine.backends.aligner_model import AlignerModel
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import CancelledError, EngineError, LoadFailedError, ModelCorruptError
from sidecar.model_store.manifest import (
    CLASSIFIER,
    EMBEDDINGS,
    FILE,
    TOKENIZER,
    EncoderKind,
    read_manifest,
)
from sidecar.testing import check_aligner
from tests.unit.convert.towers import cosines
from tests.unit.engine.backends.aligners import OfficialAligner
from tests.unit.installed import TinyModels

WORDS = ["the", "Ångström", "in", "2026", "我", "don't", "한국어", "an"]


@pytest.fixture(scope="module")
def official(tiny_model: TinyModels, tmp_path_factory: pytest.TempPathFactory) -> OfficialAligner:
    return OfficialAligner(tiny_model.aligner, tmp_path_factory.mktemp("official"))


@pytest.fixture(scope="module")
def installed(tiny_model: TinyModels) -> Path:
    return tiny_model("fp32", "f32", aligner=True)


@pytest.fixture(scope="module")
def engine(installed: Path) -> AlignerEngine:
    engine = AlignerEngine(installed)
    engine.load()
    return engine


@pytest.fixture(scope="module")
def aligner(installed: Path) -> AlignerModel:
    return AlignerModel(installed, read_manifest(installed))


def never() -> bool:
    return False


def sound(seconds: float, seed: int = 0) -> Samples:
    random = np.random.default_rng(seed)
    loudness = np.repeat(random.uniform(0, 0.4, int(seconds * 20) + 1), SAMPLE_RATE_HZ // 20)
    samples = (
        random.normal(0, 1, int(seconds * SAMPLE_RATE_HZ))
        * loudness[: int(seconds * SAMPLE_RATE_HZ)]
    )
    return samples.astype(np.float32)


@pytest.mark.parametrize("seconds", [0.2, 1.0, 7.9, 8.1, 30.0])
def test_every_mark_says_what_it_says_in_transformers(
    official: OfficialAligner, aligner: AlignerModel, seconds: float
) -> None:
    samples = sound(seconds)

    ours = aligner.logits(samples, WORDS, never)

    theirs = official.logits(samples, WORDS)

    assert ours.shape == (16, 100)
    np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(theirs).max())
    assert (ours.argmax(1) == theirs.argmax(1)).all()


def test_words_get_the_times_of_the_official_pipeline(
    official: OfficialAligner, engine: AlignerEngine
) -> None:
    samples, text = sound(10.0), "The cat, in an inn - anthem!"
    spoken = ["The", "cat", "in", "an", "inn", "anthem"]
    segment = engine.open(SegmentOptions("en"))
    segment.feed(samples)

    hypothesis = segment.decode(Ask(final=True, prefix=text), never)

    classes = official.logits(samples, spoken).argmax(1)
    times_s = [min(ms / 1000, 10.0) for ms in _fix_timestamps(classes.astype(np.float32) * 80)]
    assert hypothesis.text == text
    assert [word.text for word in hypothesis.words] == [
        "The",
        "cat,",
        "in",
        "an",
        "inn -",
        "anthem!",
    ]
    assert [t for word in hypothesis.words for t in (word.start_s, word.end_s)] == times_s
    assert (hypothesis.language, hypothesis.final) == ("en", True)


def test_sound_that_comes_in_pieces_is_the_same_sound(engine: AlignerEngine) -> None:
    samples = sound(3.0)
    whole, pieces = engine.open(SegmentOptions("en")), engine.open(SegmentOptions("en"))
    whole.feed(samples)
    for piece in np.array_split(samples, 7):
        pieces.feed(piece)

    ask = Ask(final=True, prefix="the inn")

    assert pieces.decode(ask, never) == whole.decode(ask, never)


def test_a_text_without_words_has_no_times(engine: AlignerEngine) -> None:
    segment = engine.open(SegmentOptions("en"))
    segment.feed(sound(1.0))

    hypothesis = segment.decode(Ask(final=True, prefix=" ... "), never)

    assert (hypothesis.text, hypothesis.words) == ("...", ())


def test_it_keeps_the_promises_of_an_aligner(installed: Path) -> None:
    check_aligner(lambda: AlignerEngine(installed))


def test_an_abort_ends_the_pass_and_the_next_one_works(engine: AlignerEngine) -> None:
    segment = engine.open(SegmentOptions("en"))
    segment.feed(sound(9.0))
    ask = Ask(final=True, prefix="the inn " * 10)
    expected = segment.decode(ask, never)
    n_questions = count_questions(segment, ask)

    for nth in (1, n_questions // 2, n_questions):
        answers = iter([False] * (nth - 1) + [True])
        with pytest.raises(CancelledError):
            segment.decode(ask, partial(next, answers))

    assert n_questions > 5
    assert segment.decode(ask, never) == expected


def count_questions(segment: AlignerSegment, ask: Ask) -> int:
    asked: list[bool] = []

    def abort() -> bool:
        asked.append(False)
        return False

    segment.decode(ask, abort)
    return len(asked)


def test_more_than_fits_is_refused_and_the_next_pass_works(engine: AlignerEngine) -> None:
    segment = engine.open(SegmentOptions("en"))
    segment.feed(sound(2.0))

    with pytest.raises(EngineError, match="at once"):
        segment.decode(Ask(final=True, prefix="word " * 2000), never)

    assert len(segment.decode(Ask(final=True, prefix="one two"), never).words) == 2


@pytest.mark.parametrize("name", [CLASSIFIER, EMBEDDINGS, TOKENIZER])
def test_a_damaged_file_is_named(installed: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(installed, tmp_path / "damaged")
    size = (folder / name).stat().st_size
    (folder / name).write_bytes(b"\0" * size)

    with pytest.raises((ModelCorruptError, LoadFailedError), match=r"[Ii]nstall") as told:
        AlignerEngine(folder).load()

    assert told.value.detail == name


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises((ModelCorruptError, LoadFailedError)) as told:
        AlignerEngine(tmp_path).load()

    assert told.value.detail == FILE


@pytest.mark.parametrize("shape", [(320, 128), (7, 256), (320,)])
def test_a_table_of_another_model_is_refused(
    installed: Path, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    folder = shutil.copytree(installed, tmp_path / "mixed")
    np.save(folder / EMBEDDINGS, np.zeros(shape, np.float16))

    with pytest.raises(ModelCorruptError, match="table"):
        AlignerModel(folder, read_manifest(installed))


@pytest.mark.parametrize(("encoder", "least"), [("int8", 0.995), ("int4", 0.98)])
def test_a_model_of_few_bits_says_nearly_the_same(
    tiny_model: TinyModels, aligner: AlignerModel, encoder: EncoderKind, least: float
) -> None:
    folder = tiny_model(encoder, "q8_0", aligner=True)
    small = AlignerModel(folder, read_manifest(folder))
    samples = sound(9.0)

    coarse, exact = (each.logits(samples, WORDS, never) for each in (small, aligner))

    assert cosines(coarse, exact).min() > least
