from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.convert.architecture import Architecture, AudioShape, TextShape
from sidecar.convert.room import Needs, check_room, needs, sizes
from sidecar.errors import DiskFullError, OutOfMemoryError

AUDIO = AudioShape(
    n_mels=128, channels=480, width=896, layers=18, heads=14, ffn=3584, out=1024,
    frames_per_chunk=100, window_chunks=8,
)  # fmt: skip
TEXT = TextShape(
    width=1024, layers=28, heads=16, kv_heads=8, head_dim=128, ffn=3072, rows=151_936,
    rms_eps=1e-6, rope_theta=1e6, max_context=65_536, tied=True,
)  # fmt: skip
SMALL = Architecture("qwen3-asr", "original", AUDIO, TEXT)
LARGE = replace(
    SMALL,
    audio=replace(AUDIO, width=1024, layers=24, heads=16, ffn=4096, out=2048),
    text=replace(TEXT, width=2048, ffn=6144),
)
ALIGNER = replace(
    SMALL,
    family="qwen3-forced-aligner",
    audio=replace(AUDIO, width=1024, layers=24, heads=16, ffn=4096),
    text=replace(TEXT, rows=152_064, tied=False),
    n_classes=5000,
)
BYTES_PER_HALF = 2


@pytest.mark.parametrize(
    ("model", "n_bytes"),
    [  # the files of the published checkpoints; two of them hold a copy of the embeddings
        (SMALL, 1_876_091_704 - 2 * 151_936 * 1024),
        (LARGE, 4_220_320_824 + 478_200_688 - 2 * 151_936 * 2048),
        (ALIGNER, 1_835_544_544),
    ],
)
def test_the_published_models_have_as_many_weights_as_their_files(
    model: Architecture, n_bytes: int
) -> None:
    n = sizes(model)

    found = BYTES_PER_HALF * (n.encoder + n.decoder)

    assert n_bytes - 200_000 < found <= n_bytes  # the header of a file is below that


def test_more_bits_need_more_room() -> None:
    few = needs(SMALL, "int8", "q4_k", prefill=True)
    many = needs(SMALL, "fp32", "f16", prefill=True)

    assert few.memory_bytes < many.memory_bytes
    assert needs(SMALL, "int8", "q4_k", prefill=False).disk_bytes < few.disk_bytes
    rough = needs(SMALL, "int8", "q4_k", prefill=True, rough_head=True)
    assert few.disk_bytes < rough.disk_bytes


@pytest.mark.parametrize("model", [SMALL, LARGE, ALIGNER])
def test_every_published_model_is_converted_in_less_than_4_gb(model: Architecture) -> None:
    assert needs(model, "int8", "q4_k", prefill=True).memory_bytes < 4e9


def test_what_there_is_no_memory_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutOfMemoryError, match=r"needs 1000000\.0 GB of memory.*are free"):
        check_room(Needs(10**15, 0), tmp_path)


def test_what_there_is_no_disk_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"needs 1000000\.0 GB on disk.*are free"):
        check_room(Needs(0, 10**15), tmp_path)
