from __future__ import annotations

from collections import Counter

from sidecar.engine.base import Capabilities
from sidecar.session.outcome import Tally, notices


def test_the_language_is_that_of_most_segments() -> None:
    assert Tally(languages=Counter({"en": 2, "de": 3})).language == "de"
    assert Tally().language is None


def test_a_person_is_told_what_the_engine_could_not_do() -> None:
    plain, clever = Capabilities(notice="A better one can be had."), Capabilities(hotwords=True)

    assert [*notices("plain", plain, hotwords=True)] == [
        "The engine plain does not use hotwords; they had no effect.",
        "A better one can be had.",
    ]
    assert [*notices("plain", plain, hotwords=False)] == ["A better one can be had."]
    assert [*notices("clever", clever, hotwords=True)] == []
