from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import get_args

import gguf
import numpy as np
import pytest

from sidecar.convert.check import DECODER_BOUNDS, ENCODER_BOUNDS
from sidecar.convert.order import Order
from sidecar.convert.pipeline import convert
from sidecar.convert.progress import Abort
from sidecar.errors import (
    CancelledError,
    InvalidParamsError,
    LoadFailedError,
    ModelCorruptError,
    OutOfMemoryError,
    SottoError,
)
from sidecar.host.memory import Memory
from sidecar.model_store.manifest import (
    DECODER,
    EMBEDDINGS,
    PREFILL,
    DecoderKind,
    EncoderKind,
    read_manifest,
    verify,
)
from tests.unit.checkpoints import Layout, write_checkpoint, write_tensors
from tests.unit.installed import TinyModels
from tests.unit.models import TinyModel, tiny_asr

TINY = tiny_asr()
KINDS: list[tuple[EncoderKind, DecoderKind]] = [
    ("fp32", "f32"),
    ("fp16", "f16"),
    ("int8", "q8_0"),
    ("int4", "q5_k"),
    ("int8", "q4_k"),
]


def order_of(folder: Path, encoder: EncoderKind = "int8", decoder: DecoderKind = "q4_k") -> Order:
    return Order(folder / "checkpoint", folder / "models" / "tiny", "tiny", encoder, decoder)


def run(order: Order, abort: Abort = lambda: False) -> None:
    convert(order, lambda *_: None, abort)


def checkpoint(folder: Path, tiny: TinyModel = TINY, layout: Layout = "original") -> Path:
    return write_checkpoint(folder / "checkpoint", tiny, layout=layout)


def left_in(folder: Path) -> list[str]:
    """What is where models go."""
    return [path.name for path in (folder / "models").glob("*")]


@pytest.mark.parametrize(("encoder", "decoder"), KINDS)
def test_a_model_computes_what_its_checkpoint_does(
    tiny_model: TinyModels, encoder: EncoderKind, decoder: DecoderKind
) -> None:
    folder = tiny_model(encoder, decoder)

    manifest = verify(folder)

    assert (manifest.encoder.quantization, manifest.decoder.quantization) == (encoder, decoder)
    assert manifest.check["encoder_cosine"] >= ENCODER_BOUNDS[encoder]
    assert manifest.check["decoder_cosine"] >= DECODER_BOUNDS[decoder]
    assert manifest.check["prefill_keys_cosine"] >= 0.99
    assert {path.name for path in folder.iterdir()} == {*manifest.files, "model.json"}
    assert {PREFILL, EMBEDDINGS} <= {*manifest.files}


def test_every_way_to_keep_weights_is_tried() -> None:
    assert {encoder for encoder, _ in KINDS} == set(get_args(EncoderKind))
    assert {decoder for _, decoder in KINDS} == set(get_args(DecoderKind))


@pytest.mark.parametrize(("encoder", "decoder"), KINDS)
def test_an_output_layer_is_rough_where_weights_have_few_bits(
    tiny_model: TinyModels, encoder: EncoderKind, decoder: DecoderKind
) -> None:
    folder = tiny_model(encoder, decoder)

    is_rough = read_manifest(folder).decoder.rough_head

    tensors = {tensor.name for tensor in gguf.GGUFReader(folder / DECODER).tensors}
    assert is_rough is (decoder in {"q8_0", "q5_k", "q4_k"})
    assert ("output.weight" in tensors) is is_rough


def test_fewer_bits_compute_less_exactly(tiny_model: TinyModels) -> None:
    found = [read_manifest(tiny_model(*kinds)).check["decoder_cosine"] for kinds in KINDS]

    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(("encoder", "bound"), [("int8", 0.999), ("int4", 0.99)])
def test_a_trained_encoder_bears_few_bits(
    tiny_model: TinyModels, encoder: EncoderKind, bound: float
) -> None:
    manifest = verify(tiny_model(encoder, "q4_k", trained=True))

    assert manifest.check["encoder_cosine"] >= bound
    assert manifest.check["decoder_cosine"] >= 0.97


def test_an_aligner_is_converted_with_its_table(tiny_model: TinyModels) -> None:
    folder = tiny_model("int8", "q8_0", aligner=True)

    manifest = verify(folder)

    assert manifest.family == "qwen3-forced-aligner"
    assert manifest.alignment is not None
    assert manifest.alignment.n_classes == tiny_model.aligner.state["score.weight"].shape[0]
    assert manifest.check["decoder_cosine"] > 0.99


def test_both_layouts_become_the_same_bytes(tmp_path: Path) -> None:
    layouts: tuple[Layout, ...] = get_args(Layout)
    for layout in layouts:
        checkpoint(tmp_path / layout, layout=layout)

    for layout in layouts:
        run(order_of(tmp_path / layout))

    one, other = (read_manifest(tmp_path / layout / "models" / "tiny") for layout in layouts)
    assert one.files == other.files
    assert one.check == other.check
    assert one.source.files != other.source.files
    assert set(one.source.files) == {
        path.name for path in (tmp_path / layouts[0] / "checkpoint").iterdir()
    }


def test_a_model_that_computes_something_else_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(tmp_path)
    monkeypatch.setitem(ENCODER_BOUNDS, "int8", 0.999999)  # as it would be with wrong weights

    with pytest.raises(LoadFailedError, match="audio encoder differs too much"):
        run(order_of(tmp_path))

    assert left_in(tmp_path) == []


@pytest.mark.parametrize("n_questions", [0, 1, 20, 90, 160, 230])
def test_a_conversion_that_is_cancelled_leaves_nothing(tmp_path: Path, n_questions: int) -> None:
    checkpoint(tmp_path)
    asked = count()

    with pytest.raises(CancelledError):
        run(order_of(tmp_path), lambda: next(asked) >= n_questions)

    assert left_in(tmp_path) == []


def test_a_damaged_tensor_ends_the_conversion_and_is_named(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, layout="transformers")
    name = "model.language_model.layers.2.mlp.down_proj.weight"
    broken = TINY.state[name].copy()
    broken[7, 7] = np.nan
    tensors = {key: value for key, value in TINY.state.items() if key != "lm_head.weight"}
    write_tensors(folder, {**tensors, name: broken})

    with pytest.raises(ModelCorruptError, match=name):
        run(order_of(tmp_path))

    assert left_in(tmp_path) == []


def test_what_is_no_checkpoint_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError):
        run(order_of(tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(tmp_path)
    monkeypatch.setattr("sidecar.convert.room.free_memory", lambda: Memory(1 << 20, 0))

    with pytest.raises(OutOfMemoryError, match="Close other programs"):
        run(order_of(tmp_path))

    assert left_in(tmp_path) == []


def test_a_model_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    checkpoint(tmp_path)
    (tmp_path / "models" / "tiny").mkdir(parents=True)

    with pytest.raises(InvalidParamsError):
        run(order_of(tmp_path))

    assert list((tmp_path / "models" / "tiny").iterdir()) == []


@pytest.mark.parametrize("name", ["config.json", "vocab.json", "model.safetensors"])
def test_a_truncated_file_of_the_source_is_refused(tmp_path: Path, name: str) -> None:
    folder = checkpoint(tmp_path)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])

    with pytest.raises(SottoError) as raised:
        run(order_of(tmp_path))

    assert raised.value.kind == "MODEL_CORRUPT"
    assert left_in(tmp_path) == []
