from __future__ import annotations

from typing import Literal

from sidecar.cli.waiting import waiting
from sidecar.domain import KeptRecording


def kept(state: Literal["open", "interrupted", "finished"]) -> KeptRecording:
    return KeptRecording("0" * 32, state, 0.0, 3725.9, "builtin")


def test_only_recordings_that_broke_off_are_worth_a_sentence() -> None:
    assert waiting([]) is None
    assert waiting([kept("open"), kept("finished")]) is None


def test_one_that_broke_off_is_told_with_its_length_and_the_way_to_get_it() -> None:
    assert waiting([kept("open"), kept("interrupted")]) == (
        "A dictation of 1:02:05 broke off and can be recovered: sotto recordings recover --last"
    )


def test_several_are_told_with_their_number() -> None:
    sentence = waiting([kept("interrupted"), kept("interrupted")])

    assert sentence == "2 dictations broke off and can be recovered: sotto recordings"
