from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidecar.errors import LoadFailedError, ModelCorruptError, OutOfMemoryError
from sidecar.inference.decoder import ContextFullError, Decoder, Run
from sidecar.inference.llama import llama
from tests.unit.inference.decoders import EXACT, TOKENS, Floats, audio, logits_after, never, nothing
from tests.unit.inference.gguf_files import write_decoder
from tests.unit.models import TinyModel


@pytest.fixture
def roomy(path: Path) -> Iterator[Decoder]:
    """A decoder of which hardly a quarter of the cells is there at first."""
    decoder = Decoder(path, replace(EXACT, n_cells=2100))
    yield decoder
    decoder.close()


def test_sequences_keep_what_they_have_when_more_cells_are_needed(roomy: Decoder) -> None:
    roomy.advance([Run(0, TOKENS[:80])], never)
    for sequence in (1, 2):
        roomy.share(0, sequence, 60)
        roomy.advance([Run(sequence, TOKENS[60:70])], never)
    plain = [each[0] for each in roomy.advance([Run(n, TOKENS[80:], [9]) for n in (0, 1)], never)]
    for sequence, length in ((0, 80), (1, 70)):
        roomy.rewind(sequence, length)

    roomy.feed(2, audio(900), never)
    roomy.write_kv(3, nothing(900))
    grown = [each[0] for each in roomy.advance([Run(n, TOKENS[80:], [9]) for n in (0, 1)], never)]

    assert [roomy.length(n) for n in range(4)] == [90, 80, 970, 900]
    np.testing.assert_allclose(grown, plain, atol=1e-4)


@pytest.mark.parametrize("n_first", [1, 600, 1200])
def test_there_are_as_many_cells_as_are_asked_for(roomy: Decoder, n_first: int) -> None:
    roomy.write_kv(0, nothing(n_first))
    roomy.write_kv(1, nothing(roomy.n_cells - n_first))
    with pytest.raises(ContextFullError):
        roomy.advance([Run(0, [1])], never)
    with pytest.raises(ContextFullError):
        roomy.write_kv(2, nothing(1))

    assert roomy.n_cells == 2304
    assert roomy.length(0) == n_first


def no_context(*_: object) -> None:
    """As llama.cpp answers where there is no memory for one."""


def test_where_there_is_no_memory_for_the_first_cells_nothing_loads(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama(), "llama_init_from_model", no_context)

    with pytest.raises(OutOfMemoryError):
        Decoder(path, EXACT)


def test_where_there_is_no_memory_for_more_cells_the_context_is_full(
    roomy: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = logits_after(roomy, TOKENS)[-1]
    monkeypatch.setattr(llama(), "llama_init_from_model", no_context)

    assert_full(roomy, plain)


def test_where_more_cells_do_not_take_what_there_is_the_context_is_full(
    roomy: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = logits_after(roomy, TOKENS)[-1]
    monkeypatch.setattr(llama(), "llama_state_set_data", lambda *_: 0)

    assert_full(roomy, plain)


def assert_full(decoder: Decoder, plain: Floats) -> None:
    """Neither way of appending finds room, and what sequence 0 has goes on as if none had tried."""
    with pytest.raises(ContextFullError):
        decoder.feed(1, audio(600), never)
    with pytest.raises(ContextFullError):
        decoder.write_kv(1, nothing(600))

    assert [decoder.length(n) for n in (0, 1)] == [len(TOKENS), 0]
    decoder.rewind(0, 20)
    [again] = decoder.advance([Run(0, TOKENS[20:], [len(TOKENS) - 21])], never)
    np.testing.assert_allclose(again[0], plain, atol=1e-4)


def test_a_damaged_file_is_told_from_a_missing_one(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "decoder.gguf"
    cut.write_bytes(path.read_bytes()[:-5000])

    with pytest.raises(ModelCorruptError) as caught:
        Decoder(cut, EXACT)
    with pytest.raises(LoadFailedError):
        Decoder(tmp_path / "none.gguf", EXACT)

    assert caught.value.detail == "decoder.gguf"


def test_positions_of_several_dimensions_are_refused(model: TinyModel, tmp_path: Path) -> None:
    path = write_decoder(tmp_path / "vl.gguf", model, architecture="qwen3vl")

    with pytest.raises(LoadFailedError, match="positions"):
        Decoder(path, EXACT)
