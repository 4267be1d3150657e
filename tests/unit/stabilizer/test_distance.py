from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sidecar.stabilizer.distance import align, prefix_distances, similarity

SEQUENCES = st.text("abc", max_size=8)


def test_distance_counts_items_that_were_replaced_added_and_dropped() -> None:
    assert prefix_distances("kitten", "sitting")[-1] == 3


def test_each_prefix_has_its_distance() -> None:
    assert prefix_distances("ab", "xab") == [2, 2, 2, 1]


def test_words_are_as_alike_as_they_share_letters() -> None:
    assert similarity("", "") == 1
    assert similarity("recognise", "recognize") > 0.8
    assert similarity("abc", "xyz") == 0


def test_alignment_pairs_what_was_kept_or_replaced() -> None:
    assert align("abcd", "axcyd") == [(0, 0), (1, 1), (2, 2), (None, 3), (3, 4)]


@given(SEQUENCES, SEQUENCES)
def test_alignment_takes_as_many_changes_as_the_distance(old: str, new: str) -> None:
    steps = align(old, new)

    changes = sum(i is None or j is None or old[i] != new[j] for i, j in steps)
    assert changes == prefix_distances(old, new)[-1]
    assert [i for i, _ in steps if i is not None] == [*range(len(old))]
    assert [j for _, j in steps if j is not None] == [*range(len(new))]


@given(SEQUENCES, SEQUENCES, SEQUENCES)
def test_distance_is_a_metric(one: str, two: str, three: str) -> None:
    def apart(a: str, b: str) -> int:
        return prefix_distances(a, b)[-1]

    assert (apart(one, two) == 0) == (one == two)
    assert apart(one, two) == apart(two, one)
    assert apart(one, three) <= apart(one, two) + apart(two, three)
