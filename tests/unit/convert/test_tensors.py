from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.convert.architecture import read_architecture
from sidecar.convert.tensors import ignored_tensors, needed_tensors, official_name
from tests.unit.checkpoints import Layout, original_name, write_checkpoint
from tests.unit.models import TinyModel, tiny_aligner, tiny_asr


@pytest.mark.parametrize("tiny", [tiny_asr(), tiny_aligner()], ids=["asr", "aligner"])
def test_what_is_needed_is_what_transformers_has(tmp_path: Path, tiny: TinyModel) -> None:
    model = read_architecture(write_checkpoint(tmp_path, tiny))

    needed = needed_tensors(model)

    theirs = {name: tensor.shape for name, tensor in tiny.state.items()}
    assert needed == {name: theirs[name] for name in theirs if name not in ignored_tensors(model)}


@pytest.mark.parametrize("layout", ["original", "transformers"])
@pytest.mark.parametrize("tiny", [tiny_asr(), tiny_aligner()], ids=["asr", "aligner"])
def test_every_name_of_a_layout_leads_to_that_of_transformers(
    tmp_path: Path, tiny: TinyModel, layout: Layout
) -> None:
    model = read_architecture(write_checkpoint(tmp_path, tiny, layout=layout))
    stored = {
        name: name if layout == "transformers" else original_name(name) for name in tiny.state
    }

    found = {name: official_name(stored[name], model) for name in stored}

    assert found == {name: name for name in tiny.state}
