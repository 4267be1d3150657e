from __future__ import annotations

from sidecar.cli.dictated import Dictated
from sidecar.domain import Commit, Final, Partial, Segment, SegmentFinal, Timings, Word


def final(text: str) -> Final:
    return Final(text, "en", "builtin", Timings(4.0, 3.0, 1.0, 4.0), "close", True)


def test_a_partial_replaces_the_one_before_and_follows_what_is_settled() -> None:
    said = Dictated()

    said.take(Commit(0, 0, "the cat", 0.0, 1.0))
    said.take(Partial(0, 0, " sad", 0))
    said.take(Partial(0, 1, " sat down", 4))

    assert (said.committed, said.tentative) == ("the cat", " sat down")


def test_what_becomes_settled_is_not_shown_twice_until_the_next_partial() -> None:
    said = Dictated()
    said.take(Partial(0, 0, "the cat sat", 7))

    said.take(Commit(0, 0, "the cat", 0.0, 1.0))

    assert (said.committed, said.tentative) == ("the cat", " sat")


def test_a_guess_that_was_wrong_goes_when_its_place_is_taken() -> None:
    said = Dictated()
    said.take(Partial(0, 0, "the cap", 0))

    said.take(Commit(0, 0, "the cat", 0.0, 1.0))

    assert (said.committed, said.tentative) == ("the cat", "")


def test_a_final_segment_has_its_words_and_leaves_nothing_open() -> None:
    said = Dictated()
    words = (Word("the", 0.0, 0.4), Word("cat", 0.4, 1.0))
    said.take(Commit(0, 0, "the", 0.0, 0.4, words[:1]))
    said.take(Commit(0, 3, " cat", 0.4, 1.0, words[1:]))
    said.take(Partial(0, 0, " sat", 0))

    first = said.take(SegmentFinal(0, "the cat", 0.0, 1.2, "pause"))
    said.take(Commit(1, 7, " sat", 2.0, 2.5))
    second = said.take(SegmentFinal(1, " sat", 2.0, 2.7, "close"))

    assert first == Segment(0.0, 1.2, "the cat", words)
    assert second == Segment(2.0, 2.7, "sat")
    assert (said.committed, said.tentative) == ("", "")


def test_a_segment_in_which_nothing_was_said_is_left_out() -> None:
    said = Dictated()

    assert said.take(SegmentFinal(0, "", 0.0, 1.2, "pause")) is None
    assert said.segments == []


def test_the_transcript_is_what_the_end_says_with_the_segments_that_were_final() -> None:
    said = Dictated()
    said.take(Commit(0, 0, "the cat", 0.0, 1.0))
    said.take(SegmentFinal(0, "the cat", 0.0, 1.2, "close"))

    transcript = said.transcript(final("the cat"))

    assert (transcript.text, transcript.language, transcript.engine) == ("the cat", "en", "builtin")
    assert transcript.segments == (Segment(0.0, 1.2, "the cat"),)
