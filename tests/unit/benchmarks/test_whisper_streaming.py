from __future__ import annotations

from benchmarks._whisper_streaming import WhisperStreaming
from sidecar.domain import Hypothesis
from sidecar.stabilizer.base import Stabilizer, Update
from tests.unit.stabilizer.recogniser import hear, say, written


def texts(policy: Stabilizer, *passes: tuple[float, str]) -> list[str]:
    return [written(policy.update(hear(text), heard_s).committed) for heard_s, text in passes]


def test_two_passes_must_agree() -> None:
    policy = WhisperStreaming()

    first = policy.update(hear("the cat sad"), 2.0)
    second = policy.update(hear("the cat sat"), 3.0)

    assert first == Update((), "the cat sad")
    assert written(second.committed) == "the cat"
    assert second.tentative == " sat"


def test_it_waits_for_a_comma_that_comes_and_goes_as_published() -> None:
    said = [(1.0, "well then"), (2.0, "well, then"), (3.0, "well then")]

    assert texts(WhisperStreaming(), *said) == ["", "", ""]


def test_it_eats_a_repeated_word_as_published() -> None:
    said = [(1.0, "very"), (2.0, "very"), (3.0, "very very good"), (4.0, "very very good")]

    assert texts(WhisperStreaming(), *said) == ["", "very", "", " good"]


def test_it_ends_with_the_last_tail_and_hears_nothing_again() -> None:
    policy = WhisperStreaming()
    texts(policy, (1.0, "the cat"), (2.0, "the cat sad"))

    assert written(policy.finish(hear("the cat sat"), 2.5).committed) == " sad"


def test_it_cuts_a_long_buffer_after_the_last_committed_segment_but_one() -> None:
    policy = WhisperStreaming()
    words = say(" ".join(f"w{i}." if i % 7 == 6 else f"w{i}" for i in range(40)))
    cuts_s = []

    for heard_s in range(1, 18):
        heard = tuple(word for word in words if word.end_s <= heard_s)
        policy.update(Hypothesis(" ".join(word.text for word in heard), heard), heard_s)
        cuts_s.append(policy.cut_s([]))

    assert cuts_s == [None] * 15 + [words[27].end_s] * 2


def test_a_buffer_without_a_committed_segment_is_never_cut_as_published() -> None:
    policy = WhisperStreaming()
    words = say(" ".join(f"w{i}" for i in range(80)))

    for heard_s in range(1, 40):
        heard = tuple(word for word in words if word.end_s <= heard_s)
        policy.update(Hypothesis(" ".join(word.text for word in heard), heard), heard_s)

    assert policy.cut_s([]) is None
