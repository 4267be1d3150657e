from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import CancelledError
from sidecar.testing.scripted import FreeEngine, ScriptedEngine, UntimedEngine, echo

FINAL = Ask(final=True)


def noise(seconds: float) -> Samples:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, int(seconds * SAMPLE_RATE_HZ))
    return samples.astype(np.float32)


def heard(samples: Samples, *script: str, ask: Ask = FINAL) -> Hypothesis:
    segment = ScriptedEngine().open(SegmentOptions(hotwords=script))
    segment.feed(samples)
    return segment.decode(ask, lambda: False)


def test_every_half_second_of_sound_is_a_word_and_silence_is_none() -> None:
    samples = np.concatenate((noise(1.0), np.zeros(8_000, np.float32), noise(0.25)))

    words = heard(samples).words

    assert [(word.start_s, word.end_s) for word in words] == [(0, 0.5), (0.5, 1.0), (1.5, 1.75)]


def test_a_single_changed_sample_changes_its_word_alone() -> None:
    samples = noise(2.0)
    changed = samples.copy()
    changed[9_000] += 0.1

    differs = [a.text != b.text for a, b in zip(echo(samples), echo(changed), strict=True)]

    assert differs == [False, True, False, False]


def test_it_says_what_the_script_says_and_begins_with_the_prefix() -> None:
    assert heard(noise(1), "say:one two three").text == "one two three"
    assert heard(noise(1), "say:one two", ask=Ask(prefix="one")).text == "one two"
    assert heard(noise(1), "say:one two", ask=Ask(prefix="uno")).text == "uno two"


def test_ordinary_hotwords_are_no_commands() -> None:
    assert heard(noise(1), "Kubernetes", "a:b").words == echo(noise(1))


def test_a_fuse_lets_the_rest_of_the_script_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOTTO_FUSES", str(tmp_path))
    (tmp_path / "once").touch()

    with pytest.raises(ValueError, match="said so"):
        heard(noise(1), "fuse:once", "raise:ValueError")

    assert heard(noise(1), "fuse:once", "raise:ValueError").words == echo(noise(1))


def test_sleep_asks_whether_to_stop_and_stall_does_not() -> None:
    answers = iter([False] * 3 + [True] * 100)
    sleeping = ScriptedEngine().open(SegmentOptions(hotwords=("sleep:60",)))
    stalling = ScriptedEngine().open(SegmentOptions(hotwords=("stall:0.01", "say:done")))

    with pytest.raises(CancelledError):
        sleeping.decode(Ask(), lambda: next(answers))

    answers = iter([False] + [True] * 100)
    assert stalling.decode(Ask(), lambda: next(answers)).text == "done"


def test_its_script_for_loading_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTTO_SCRIPT", "stall:0 raise:MemoryError")

    with pytest.raises(MemoryError):
        ScriptedEngine().load()


def partials(script: tuple[str, ...], *seconds: float) -> list[Hypothesis]:
    """What is said after so many seconds, in one segment."""
    segment = FreeEngine().open(SegmentOptions(hotwords=script))
    said = []
    for before, after in pairwise((0.0, *seconds)):
        segment.feed(noise(after)[int(before * SAMPLE_RATE_HZ) :])
        said.append(segment.decode(Ask(), lambda: False))
    return said


def test_what_it_says_follows_from_how_much_was_heard() -> None:
    script = ("at:1 I scream", "at:2 ice cream is", "final:Ice cream is good.")

    assert [h.text for h in partials(script, 0.5, 1, 1.9, 2)] == [
        "",
        "I scream",
        "I scream",
        "ice cream is",
    ]
    assert heard(noise(2.5), *script).text == "Ice cream is good."


def test_words_end_when_they_are_said_first_and_keep_their_times() -> None:
    script = ("at:1 one two", "at:3 uno two three four", "final:one two three four five")

    early, late = partials(script, 1.5, 3.5)
    words = heard(noise(4), *script).words

    assert [word.end_s for word in early.words] == [0.5, 1.0]
    assert [word.end_s for word in late.words] == [0.5, 1.0, 2.0, 3.0]
    assert [word.end_s for word in words] == [0.5, 1.0, 2.0, 3.0, 4.0]
    assert [word.start_s for word in words] == [0.0, 0.5, 1.0, 2.0, 3.0]


def test_the_last_words_of_a_partial_flip_with_every_amount_of_audio() -> None:
    first, second, third = partials(("say:one two three four", "flip:1"), 2.0, 2.2, 2.2)

    assert first.text.startswith("one two three")
    assert first.text.split()[2:] != second.text.split()[2:]
    assert second == third
    assert heard(noise(2), "say:one two three four", "flip:1").text == "one two three four"


def test_chinese_flips_by_characters_and_joins_without_spaces() -> None:
    (partial,) = partials(("say:我用Python写", "flip:0.5"), 2.0)

    assert [word.text for word in partial.words][:3] == ["我", "用", "Python"]
    assert len(partial.text) == len("我用Python写")
    assert partial.text != "我用Python写"


def test_a_slow_engine_works_for_new_audio_only_and_an_abort_loses_nothing() -> None:
    segment = ScriptedEngine().open(SegmentOptions(hotwords=("rtf:0.2",)))
    questions = []

    def aborting(limit: int) -> Callable[[], bool]:
        questions.append(0)

        def abort() -> bool:
            questions[-1] += 1
            return questions[-1] > limit

        return abort

    segment.feed(noise(1))
    with pytest.raises(CancelledError):
        segment.decode(Ask(), aborting(10))
    segment.decode(Ask(), aborting(99))
    segment.decode(FINAL, aborting(99))

    assert questions[0] == 11  # 10 ms of work, of 200, between two of them
    assert 10 <= questions[1] <= 14
    assert questions[2] == 1


def test_an_engine_without_times_says_the_same_in_text_alone() -> None:
    segment = UntimedEngine().open(SegmentOptions(hotwords=("say:one two",)))
    segment.feed(noise(1))

    said = segment.decode(Ask(prefix="uno"), lambda: False)

    assert (said.text, said.words) == ("one two", ())
