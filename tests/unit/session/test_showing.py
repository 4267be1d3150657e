from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import Partial
from sidecar.session.showing import Showing


def shown(*texts: str, every_s: float = 1.0, sure: bool = True) -> list[Partial | None]:
    """What is shown after each pass of a segment of which nothing is committed."""
    showing = Showing(3)
    return [showing.show("", text, i * every_s, sure=sure) for i, text in enumerate(texts)]


def texts(partials: list[Partial | None]) -> list[str | None]:
    return [partial.text if partial else None for partial in partials]


def test_only_changes_are_shown_and_counted() -> None:
    partials = shown("we", "we", "we are")

    assert partials == [Partial(3, 0, "we", 0), None, Partial(3, 1, "we are", 2)]


def test_what_two_passes_begin_with_is_likely_to_stay() -> None:
    partials = shown("we are hear", "we are here")

    assert partials[-1] == Partial(3, 1, "we are here", len("we are he"))


def test_text_of_very_little_voice_is_shown_only_where_two_passes_agree() -> None:
    partials = shown("hum", "we our", "we are", "we are here", sure=False)

    assert texts(partials) == [None, None, "we", "we are"]


def test_two_partials_do_not_come_within_an_eye_blink() -> None:
    partials = shown("a", "a b", "a b c", "a b c d", every_s=0.1)

    assert texts(partials) == ["a", None, "a b c", None]


def test_what_is_committed_is_taken_out_of_what_is_shown_at_once() -> None:
    showing = Showing(0)
    showing.show("", "we are", 0.0, sure=True)

    partial = showing.show("we", " are", 0.01, sure=True)

    assert partial == Partial(0, 1, " are", 4)


def test_nothing_is_left_on_display_when_all_is_committed() -> None:
    showing = Showing(0)
    showing.show("", "we", 0.0, sure=True)

    partial = showing.show("we", "", 0.01, sure=True)

    assert partial == Partial(0, 1, "", 0)


@given(st.lists(st.tuples(st.text("ab ", max_size=8), st.booleans(), st.floats(0, 1))))
def test_no_partial_claims_more_than_it_shows(passes: list[tuple[str, bool, float]]) -> None:
    showing = Showing(0)
    now_s, revision = 0.0, 0
    for text, sure, step_s in passes:
        now_s += step_s
        partial = showing.show("", text, now_s, sure=sure)
        if partial is not None:
            assert partial.revision == revision
            assert text.startswith(partial.text)
            assert partial.stable_chars <= len(partial.text)
            revision += 1
