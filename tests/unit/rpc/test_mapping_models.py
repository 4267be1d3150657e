from __future__ import annotations

from typing import get_args

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from sidecar.errors import ParseError
from sidecar.model_store.progress import ModelProgress, Phase
from sidecar.model_store.status import ModelStatus, State
from sidecar.protocol import messages
from sidecar.rpc.mapping_models import (
    progress_from_wire,
    progress_to_wire,
    status_from_wire,
    status_to_wire,
)

SIZES = st.integers(0, 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
STATUSES = st.builds(
    ModelStatus,
    id=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
    name=TEXTS,
    family=TEXTS,
    languages=st.lists(st.sampled_from(["en", "zh-Hant-TW", "fil"]), max_size=5).map(tuple),
    licence=TEXTS,
    streaming=st.booleans(),
    state=st.sampled_from(get_args(State)),
    download_bytes=SIZES,
    here_bytes=SIZES,
    installed_bytes=SIZES,
    ram_bytes=SIZES,
    sources=st.lists(TEXTS, max_size=16).map(tuple),
)
LEFT_S = st.none() | st.integers(0, 10**6).map(float)
PROGRESS = st.builds(
    ModelProgress,
    phase=st.sampled_from(get_args(Phase)),
    done=SIZES,
    total=st.none() | SIZES,
    bytes_per_s=st.none() | st.integers(0, 2**40).map(float),
    left_s=LEFT_S,
)


@given(STATUSES)
def test_a_model_is_the_same_on_the_other_side(status: ModelStatus) -> None:
    assert status_from_wire(status_to_wire(status)) == status


@given(PROGRESS)
def test_progress_is_the_same_on_the_other_side(progress: ModelProgress) -> None:
    assert progress_from_wire(progress_to_wire(progress)) == progress


def test_what_is_too_long_is_made_to_fit() -> None:
    status = ModelStatus(
        id="own",
        name="n" * 999,
        family="f" * 999,
        languages=("x", "en", "y" * 40, *["de"] * 999),
        licence="l" * 999,
        streaming=True,
        state="installed",
        download_bytes=-1,
        here_bytes=0,
        installed_bytes=2**60,
        ram_bytes=0,
        sources=("s" * 999,) * 99,
    )

    sent = status_to_wire(status)

    assert msgspec.convert(msgspec.to_builtins(sent), messages.ModelInfo) == sent
    assert sent.languages[:2] == ("en", "de")
    assert (sent.download_bytes, sent.installed_bytes) == (0, 2**53 - 1)


def test_an_event_of_something_else_is_refused() -> None:
    with pytest.raises(ParseError):
        progress_from_wire(messages.ProgressEvent(phase="loading", done_ms=0))
