from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Hypothesis, Samples
from sidecar.engine.base import Ask, SegmentOptions
from sidecar.errors import CancelledError
from sidecar.testing.scripted import ScriptedEngine, echo

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
