"""A tokenizer whose GGUF file has no weights: that of models which answer something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.inference.llama import llama
from sidecar.inference.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pathlib import Path


class Tokenizer(Vocabulary):
    """A vocabulary that is there for as long as the process.

    Raises:
        LoadFailedError: on construction: there is no file, or no llama.cpp.
        ModelCorruptError: on construction: it is no GGUF file with a tokenizer.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(_model(path))


def _model(path: Path) -> Any:  # noqa: ANN401 - a pointer
    if not path.is_file():
        raise LoadFailedError("The model's tokenizer is missing; install it again.")
    params = llama().llama_model_default_params()
    params.vocab_only = True
    model = llama().llama_model_load_from_file(str(path).encode(), params)
    if model is None:
        raise ModelCorruptError(
            "The model's tokenizer is damaged; install the model again.", detail=path.name
        )
    return model
