from __future__ import annotations

import itertools

import hypothesis.strategies as st
from hypothesis import given

from sidecar.model_store.ranges import Ranges, pieces

TOTAL = 40
SPANS = st.lists(st.tuples(st.integers(0, TOTAL), st.integers(0, TOTAL)).map(sorted))


@given(SPANS)
def test_a_set_of_ranges_is_a_set_of_offsets(spans: list[list[int]]) -> None:
    ranges, offsets = Ranges(), set[int]()
    for start, end in spans:
        ranges.add(start, end)
        offsets |= set(range(start, end))

    missing = {at for start, end in ranges.gaps(TOTAL) for at in range(start, end)}
    head = next(at for at in range(TOTAL + 1) if at not in offsets)
    assert ranges.n_bytes == len(offsets)
    assert missing == set(range(TOTAL)) - offsets
    assert ranges.head == head


@given(SPANS)
def test_spans_are_in_order_and_do_not_touch(spans: list[list[int]]) -> None:
    ranges = Ranges()
    for start, end in spans:
        ranges.add(start, end)

    flat = [at for span in ranges.spans() for at in span]

    assert all(one < other for one, other in itertools.pairwise(flat))


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 50))
def test_pieces_cover_a_span_without_overlap(start: int, length: int, longest: int) -> None:
    found = list(pieces((start, start + length), longest))

    offsets = [at for first, end in found for at in range(first, end)]
    assert offsets == list(range(start, start + length))
    assert all(0 < end - first <= longest for first, end in found)
