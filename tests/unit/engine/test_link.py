from __future__ import annotations

import io
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import Word
from sidecar.engine.base import Capabilities
from sidecar.engine.link import (
    MAX_FRAME_BYTES,
    Abort,
    Beat,
    Close,
    Decode,
    Done,
    Failed,
    Feed,
    LinkError,
    Open,
    Ready,
    Together,
    ToParent,
    ToWorker,
    encode,
    read_to_parent,
    read_to_worker,
)

numbers = st.integers(0, 2**63 - 1)
times = st.floats(0, 1e6)
words = st.builds(Word, st.text(), times, times, st.none() | st.floats(0, 1))
decodes = st.builds(Decode, numbers, numbers, st.booleans(), st.text(), st.text())
to_worker: st.SearchStrategy[ToWorker] = st.one_of(
    st.builds(
        Open,
        numbers,
        st.none() | st.text(),
        st.lists(st.text()).map(tuple),
        st.text(),
        st.booleans(),
    ),
    st.builds(Feed, numbers, st.binary()),
    decodes,
    st.builds(Together, st.lists(decodes).map(tuple)),
    st.builds(Abort, numbers),
    st.builds(Close, numbers),
)
to_parent: st.SearchStrategy[ToParent] = st.one_of(
    st.builds(Ready, st.builds(Capabilities, languages=st.lists(st.text()).map(tuple))),
    st.builds(
        Done, numbers, st.text(), st.lists(words).map(tuple), st.none() | st.text(), st.booleans()
    ),
    st.builds(Failed, numbers, st.text(), st.text(), st.none() | st.text()),
    st.builds(Beat, numbers),
)


class Trickle(io.BytesIO):
    """A stream that hands over at most `step` bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(self._step, self._step if size is None or size < 0 else size))


@given(st.lists(to_worker), st.integers(1, 9))
def test_a_worker_reads_what_the_parent_wrote_however_the_pipe_cuts_it(
    messages: list[ToWorker], step: int
) -> None:
    stream = Trickle(b"".join(map(encode, messages)), step)

    received = [read_to_worker(stream) for _ in messages]

    assert received == messages
    assert read_to_worker(stream) is None


@given(st.lists(to_parent), st.integers(1, 9))
def test_the_parent_reads_what_a_worker_wrote_however_the_pipe_cuts_it(
    messages: list[ToParent], step: int
) -> None:
    stream = Trickle(b"".join(map(encode, messages)), step)

    received = [read_to_parent(stream) for _ in messages]

    assert received == messages
    assert read_to_parent(stream) is None


@given(to_worker, st.data())
def test_a_stream_that_ends_inside_a_frame_is_an_error_and_not_an_end(
    message: ToWorker, data: st.DataObject
) -> None:
    frame = encode(message)
    cut = data.draw(st.integers(1, len(frame) - 1))

    with pytest.raises(LinkError, match="ends inside"):
        read_to_worker(io.BytesIO(frame[:cut]))


@given(st.binary())
def test_garbage_in_a_frame_is_one_clean_error(body: bytes) -> None:
    frame = struct.pack("<I", len(body)) + body

    for read in (read_to_worker, read_to_parent):
        with pytest.raises(LinkError, match="no message"):
            read(io.BytesIO(frame))


@given(to_parent)
def test_a_message_for_the_parent_is_none_for_a_worker(message: ToParent) -> None:
    with pytest.raises(LinkError, match="no message"):
        read_to_worker(io.BytesIO(encode(message)))


def test_deep_nesting_is_refused_like_other_garbage() -> None:
    body = b"\x91" * 100_000 + b"\xc0"

    with pytest.raises(LinkError, match="no message"):
        read_to_worker(io.BytesIO(struct.pack("<I", len(body)) + body))


def test_a_length_over_the_limit_is_refused_before_anything_is_read() -> None:
    stream = io.BytesIO(struct.pack("<I", MAX_FRAME_BYTES + 1) + b"x" * 100)

    with pytest.raises(LinkError, match="over the limit"):
        read_to_worker(stream)

    assert stream.tell() == 4


def test_a_message_over_the_limit_is_not_sent() -> None:
    with pytest.raises(LinkError, match="too large"):
        encode(Feed(1, bytes(MAX_FRAME_BYTES + 1)))


def test_a_field_of_the_wrong_type_is_refused() -> None:
    body = msgspec.msgpack.encode({"k": "Abort", "job": "seven"})

    with pytest.raises(LinkError, match="no message"):
        read_to_worker(io.BytesIO(struct.pack("<I", len(body)) + body))
