"""What every stabiliser promises, whatever the engine says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.domain import Commit, Hypothesis, Word
from sidecar.stabilizer.agreement import LocalAgreement, Settled
from sidecar.stabilizer.alignment import AlignedAgreement
from sidecar.stabilizer.base import Stabilizer
from sidecar.stabilizer.log import CommitLog
from sidecar.stabilizer.stabilizer import SegmentStabilizer
from tests.unit.stabilizer.recogniser import NoisyRecogniser, dictate, keys, ramble

LATIN = ("very", "good", "this", "is", "a", "the", "to", "so")
CHINESE = ("我", "你", "好", "的", "是", "一")


@dataclass(frozen=True, slots=True)
class Kind:
    """A stabiliser, and the engines it is for."""

    settled: Settled
    timed: bool
    forced: bool = False

    def open(self) -> Stabilizer:
        return SegmentStabilizer(self.settled, forced=self.forced, drafts=self.forced)


KINDS = {
    "agreement": Kind(LocalAgreement(), timed=True),
    "agreement of three": Kind(LocalAgreement(3), timed=True),
    "agreement without times": Kind(LocalAgreement(), timed=False),
    "alignment": Kind(AlignedAgreement(), timed=False),
    "alignment with times": Kind(AlignedAgreement(), timed=True),
    "forced": Kind(LocalAgreement(), timed=True, forced=True),
    "forced without times": Kind(LocalAgreement(), timed=False, forced=True),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())

words = st.lists(st.sampled_from(["very", "Very,", "good", "a", "an", "我", "好。", "-", "..."]))
joints = st.sampled_from([" ", ""])
passes = st.lists(st.tuples(words, st.floats(0, 3)), max_size=12)


def evenly(texts: Sequence[str], joint: str, heard_s: float, *, timed: bool) -> Hypothesis:
    step_s = heard_s / (len(texts) or 1)
    times = tuple(Word(text, i * step_s, (i + 1) * step_s) for i, text in enumerate(texts))
    return Hypothesis(joint.join(texts), times if timed else ())


@every_kind
@given(passes=passes, joint=joints)
def test_committed_text_only_grows_and_the_final_text_begins_with_it(
    kind: Kind, passes: list[tuple[list[str], float]], joint: str
) -> None:
    stabilizer, log, heard_s = kind.open(), CommitLog(), 0.0
    log.begin(0, 0.0)
    commits: list[Commit | None] = []

    for texts, new_s in passes:
        heard_s += new_s
        said = evenly(texts, joint, heard_s, timed=kind.timed)
        commits.append(log.append(stabilizer.update(said, heard_s).committed))
    before = log.text
    commits.append(log.append(stabilizer.finish(Hypothesis("the end"), heard_s).committed))

    made = [commit for commit in commits if commit]
    assert log.text.startswith(before)
    assert "".join(commit.text for commit in made) == log.text
    assert [commit.offset for commit in made] == [
        len("".join(commit.text for commit in made[:i])) for i in range(len(made))
    ]


@every_kind
@given(passes=passes, joint=joints)
def test_a_hypothesis_that_begins_with_the_committed_text_is_shown_to_the_letter(
    kind: Kind, passes: list[tuple[list[str], float]], joint: str
) -> None:
    stabilizer, log, heard_s = kind.open(), CommitLog(), 0.0

    for texts, new_s in passes:
        heard_s += new_s
        said = evenly(texts, joint, heard_s, timed=kind.timed)
        update = stabilizer.update(said, heard_s)
        log.append(update.committed)
        if said.text.strip().startswith(log.text):
            assert log.text + update.tentative == said.text.strip()
    said = evenly([log.text + joint + "and the end"], joint, heard_s + 1, timed=kind.timed)
    log.append(stabilizer.finish(said, heard_s + 1).committed)

    assert log.text == said.text.strip()


@every_kind
@given(passes=passes, joint=joints)
def test_what_is_shown_ends_as_the_hypothesis_does_or_as_it_did_before(
    kind: Kind, passes: list[tuple[list[str], float]], joint: str
) -> None:
    stabilizer, heard_s, shown = kind.open(), 0.0, ""

    for texts, new_s in passes:
        heard_s += new_s
        said = evenly(texts, joint, heard_s, timed=kind.timed)
        update = stabilizer.update(said, heard_s)
        tentative = keys(update.tentative)
        newest = "".join(keys(said.text))
        assert newest.endswith("".join(tentative)) or update.tentative == shown
        shown = update.tentative


@every_kind
@pytest.mark.parametrize("joint", [" ", ""], ids=["words", "characters"])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), interval_s=st.sampled_from([0.3, 0.7, 1.1, 2.0]))
def test_mistakes_that_settle_leave_no_trace(
    kind: Kind, joint: str, seed: int, interval_s: float
) -> None:
    random = Random(seed)
    truth = ramble(random, 40, LATIN if joint else CHINESE)
    recogniser = NoisyRecogniser(truth, random, kind.timed, joint)

    dictated = dictate(recogniser, kind.open(), interval_s)

    assert keys(dictated.log.text) == keys(joint.join(word.text for word in truth))
    assert recogniser.n_mistakes > 5


@every_kind
@pytest.mark.parametrize("joint", [" ", ""], ids=["words", "characters"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_cutting_the_audio_of_a_long_dictation_neither_doubles_nor_loses_a_word(
    kind: Kind, joint: str, seed: int
) -> None:
    random = Random(seed)
    truth = ramble(random, 60, LATIN if joint else CHINESE)
    recogniser = NoisyRecogniser(truth, random, kind.timed, joint)

    dictated = dictate(recogniser, kind.open(), window_s=6.0)

    assert keys(dictated.log.text) == keys(joint.join(word.text for word in truth))
    assert (max(dictated.cuts_s) > 3) == kind.timed


@every_kind
def test_characters_are_joined_without_spaces(kind: Kind) -> None:
    random = Random(1)
    recogniser = NoisyRecogniser(ramble(random, 60, CHINESE), random, kind.timed, "")

    dictated = dictate(recogniser, kind.open(), window_s=6.0)

    assert " " not in dictated.log.text
    assert not any(" " in text for text in dictated.shown)


@every_kind
def test_committing_does_not_wait_for_the_end(kind: Kind) -> None:
    random = Random(2)
    recogniser = NoisyRecogniser(ramble(random, 60, LATIN), random, kind.timed)
    stabilizer = kind.open()

    dictated = dictate(recogniser, stabilizer, window_s=6.0)

    live = dictated.shown[-1]
    assert len(keys(live)) > 50
    assert stabilizer.finish(Hypothesis(""), 99.0).committed == ()


def n_calls(work: Callable[[], object]) -> int:
    """How many functions are called: the work, whatever the machine."""
    n = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal n
        n += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return n


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.timed])
def test_a_pass_late_in_a_long_dictation_is_no_more_work_than_one_early(kind: Kind) -> None:
    stabilizer = kind.open()
    costs = []

    for second in range(5, 305):
        start_s = max(0.0, second - 10.0)
        numbers = range(int(start_s * 2), second * 2)
        times = tuple(Word(f"w{n:03}", n / 2 - start_s, n / 2 - start_s + 0.4) for n in numbers)
        said = Hypothesis(" ".join(word.text for word in times), times)
        costs.append(
            n_calls(lambda said=said, at=(second, start_s): stabilizer.update(said, *at))  # type: ignore[misc]
        )

    assert max(costs[200:]) <= 1.1 * max(costs[20:60])
