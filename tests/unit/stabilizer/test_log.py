from __future__ import annotations

from sidecar.domain import Commit, Word
from sidecar.stabilizer.log import CommitLog
from sidecar.stabilizer.placing import Unit, place
from tests.unit.stabilizer.recogniser import hear


def units(text: str, *, timed: bool = True) -> tuple[Unit, ...]:
    return place(hear(text, timed=timed), 0.0, 9.0)


def test_a_commit_says_where_its_text_and_its_words_belong() -> None:
    log = CommitLog()
    log.begin(4, 10.0)

    commit = log.append(units("very good"))

    words = (Word("very", 10.0, 10.4), Word("good", 10.5, 10.9))
    assert commit == Commit(4, 0, "very good", 10.0, 10.9, words)


def test_offsets_are_the_length_of_the_text_before() -> None:
    log = CommitLog()
    one, two, three = units("one two three")

    commits = [log.append([one]), log.append([]), log.append([two, three])]

    assert [commit and (commit.offset, commit.text) for commit in commits] == [
        (0, "one"),
        None,
        (3, " two three"),
    ]
    assert log.text == "one two three"


def test_segments_are_joined_as_their_script_is_written() -> None:
    latin, chinese = CommitLog(), CommitLog()
    for start_s, text in [(0, "Good."), (5, "morning")]:
        latin.begin(0, start_s)
        latin.append(units(text))
    for start_s, text in [(0, "今天。"), (5, "很好"), (9, "ok")]:
        chinese.begin(0, start_s)
        chinese.append(units(text))

    assert latin.text == "Good. morning"
    assert chinese.text == "今天。很好 ok"


def test_a_segment_without_text_leaves_no_space() -> None:
    log = CommitLog()
    for text in ("", "one", "", "", "two"):
        log.begin(0, 0.0)
        log.append(units(text))

    assert log.text == "one two"


def test_words_are_told_only_where_the_engine_timed_them() -> None:
    commit = CommitLog().append(units("very good", timed=False))

    assert commit is not None
    assert commit.words == ()


def test_tentative_text_follows_as_it_would_be_committed() -> None:
    log = CommitLog()
    log.begin(0, 0.0)
    first = log.following("good")
    log.append(units("good"))
    inside = log.following(" morning")
    log.begin(1, 2.0)

    assert (first, inside) == ("good", " morning")
    assert log.following("everyone") == " everyone"
    assert log.following("") == ""
    assert log.text == "good"
