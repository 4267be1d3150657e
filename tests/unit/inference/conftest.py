from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inference.gguf_files import write_decoder
from tests.unit.models import TinyModel, tiny_asr


@pytest.fixture(scope="module")
def model() -> TinyModel:
    """The reference, with its weights."""
    return tiny_asr()


@pytest.fixture(scope="module")
def path(model: TinyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its decoder in a file."""
    return write_decoder(tmp_path_factory.mktemp("model") / "decoder.gguf", model)
