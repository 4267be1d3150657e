from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from sidecar.convert.tensor_order import PACKED_LAST, reorder
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import Decoder, Floats, Run
from sidecar.inference.quantiser import Kind, quantise
from tests.unit.inference.test_quantiser import half
from tests.unit.installed import AUDIO, TEXT
from tests.unit.models import tiny_asr


@pytest.fixture(scope="module", params=["q8_0", "q5_k", "q4_k"])
def by_layer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder as llama.cpp's quantiser has written it."""
    kind: Kind = request.param
    folder = tmp_path_factory.mktemp(kind)
    source = half(folder, tiny_asr(audio=AUDIO, text=TEXT))
    quantise(source, folder / "by-layer.gguf", kind, row=256, n_threads=1)
    return folder / "by-layer.gguf"


@pytest.fixture
def packed_last(by_layer: Path, tmp_path: Path) -> Path:
    reorder(by_layer, tmp_path / "packed-last.gguf")
    return tmp_path / "packed-last.gguf"


def logits_of(path: Path) -> Floats:
    decoder = Decoder(path, DecoderOptions(n_cells=256, n_sequences=1, n_threads=1))
    [logits] = decoder.advance([Run(0, [1, 2, 3], (2,))], lambda: False)
    decoder.close()
    return logits


def test_weights_that_are_packed_anew_lie_behind_all_others(packed_last: Path) -> None:
    kinds = [tensor.tensor_type for tensor in gguf.GGUFReader(packed_last).tensors]

    assert kinds == sorted(kinds, key=PACKED_LAST.index)
    assert kinds[0] == gguf.GGMLQuantizationType.F32


def test_everything_is_there_as_it_was(by_layer: Path, packed_last: Path) -> None:
    before, after = (gguf.GGUFReader(path) for path in (by_layer, packed_last))

    assert list(after.fields) == list(before.fields)
    for name, field in before.fields.items():
        assert after.fields[name].contents() == field.contents()
    found = {tensor.name: tensor for tensor in after.tensors}
    assert len(found) == len(before.tensors)
    for tensor in before.tensors:
        assert found[tensor.name].tensor_type == tensor.tensor_type
        assert np.array_equal(found[tensor.name].data, tensor.data)


def test_llama_cpp_computes_the_same_with_it(by_layer: Path, packed_last: Path) -> None:
    assert np.array_equal(logits_of(by_layer), logits_of(packed_last))
