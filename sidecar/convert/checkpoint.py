"""The tensors of an official checkpoint: one file of safetensors, or several and their index.

Nothing is kept: a tensor is read when it is asked for, and its file is mapped only until then.
The pages of a mapping count as memory of ours, and a checkpoint has more than we may use.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import ml_dtypes  # noqa: F401 - teaches numpy what "bfloat16" is, which safetensors asks for
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from sidecar.convert.architecture import Architecture, read_architecture
from sidecar.convert.tensors import (
    EMBEDDINGS,
    HEAD,
    Shape,
    ignored_tensors,
    needed_tensors,
    official_name,
)
from sidecar.errors import LoadFailedError, ModelCorruptError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
FLOATS = ("F32", "F16", "BF16")
LARGEST = float(np.finfo(np.float16).max)  # weights are below 100

Floats: TypeAlias = npt.NDArray[np.float32]
BLOCK_BYTES = 64 << 20  # of float32 read at once


class Checkpoint:
    """A folder of safetensors whose tensors are all there; `checkpoint(name)` reads one.

    Several threads may read at once.

    Args:
        folder: where it is.
        on_read: told after each read how many bytes of float32 it gave; from the thread that
            read. What it raises ends the work.

    Attributes:
        folder: where it is.
        model: its shape; tied if the head is a copy of the embeddings.
        files: names of the files that hold its tensors.
    """

    def __init__(self, folder: Path, on_read: Callable[[int], None] | None = None) -> None:
        """Read the lists of tensors, and compare them with what the configuration says.

        Raises:
            LoadFailedError: the folder holds no checkpoint, or one that Sotto cannot run.
            ModelCorruptError: a file is damaged or missing, or a tensor is missing, not known
                or of another shape; `detail` is the file.
        """
        self.folder = folder
        self._on_read: Callable[[int], None] | None = None
        model = read_architecture(folder)
        self.files = _files(folder)
        self._describe(model)
        if HEAD in self._places and self._is_copy(HEAD, EMBEDDINGS):
            text = replace(self.model.text, tied=True)
            self._describe(replace(self.model, text=text))
        self._on_read = on_read  # nothing counts before the work begins

    def __call__(self, name: str) -> Floats:
        """A tensor by the name that transformers gives it, as float32; a copy of its own.

        Raises:
            ModelCorruptError: it cannot be read, or holds values that are no weights.
        """
        blocks = list(self.blocks(name))
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def blocks(self, name: str) -> Iterator[Floats]:
        """The same in groups of rows, for tensors that are large.

        Raises:
            ModelCorruptError: as above.
        """
        file, stored = self._places[name]
        shape = self._needed[name]
        n_rows = max(1, BLOCK_BYTES // (4 * math.prod(shape[1:])))
        for at in range(0, shape[0], n_rows):
            with _opened(self.folder / file) as tensors:
                rows = slice(at, min(at + n_rows, shape[0]))
                block = tensors.get_slice(stored)[rows].astype(np.float32)
            if not -LARGEST <= block.min() <= block.max() <= LARGEST:  # nor where one is NaN
                raise _damaged(file, f"the tensor {stored} holds values that are no weights")
            if self._on_read:
                self._on_read(block.nbytes)
            yield block

    def _describe(self, model: Architecture) -> None:
        self.model = model
        self._needed = needed_tensors(model)
        self._places = self._list()

    def _is_copy(self, name: str, other: str) -> bool:
        """Whether two tensors are equal: a configuration may call them untied all the same."""
        pairs = zip(self.blocks(name), self.blocks(other), strict=True)
        return all(np.array_equal(ours, theirs) for ours, theirs in pairs)

    def _list(self) -> dict[str, tuple[str, str]]:
        """Which file has a tensor, and under which name, for each that is needed."""
        needed, ignored = self._needed, ignored_tensors(self.model)
        places: dict[str, tuple[str, str]] = {}
        for file in self.files:
            for stored, shape in _listed(self.folder / file).items():
                name = official_name(stored, self.model)
                if name in ignored:
                    continue
                _check(file, stored, shape, needed.get(name))
                places[name] = (file, stored)
        missing = sorted(needed.keys() - places.keys())
        if missing:
            raise _damaged(self.files[0], f"the tensor {missing[0]} is missing")
        return places


def _files(folder: Path) -> tuple[str, ...]:
    if (folder / SINGLE).is_file():
        return (SINGLE,)
    try:
        files = set(json.loads((folder / INDEX).read_bytes())["weight_map"].values())
    except FileNotFoundError:
        raise LoadFailedError(
            f"There is neither {SINGLE} nor {INDEX} in that folder. Give the folder of an"
            " official checkpoint."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged(INDEX, "it does not say which file has which tensor") from None
    for file in files:
        if not isinstance(file, str) or Path(file).name != file or "\\" in file:
            raise _damaged(INDEX, "it names a file outside the folder")
    if not files:
        raise _damaged(INDEX, "it names no file")
    return tuple(sorted(files))


def _listed(path: Path) -> dict[str, tuple[str, Shape]]:
    """Type and shape of each tensor in a file."""
    with _opened(path) as tensors:
        slices = {name: tensors.get_slice(name) for name in tensors.keys()}  # noqa: SIM118
        return {
            name: (piece.get_dtype(), tuple(piece.get_shape())) for name, piece in slices.items()
        }


def _opened(path: Path) -> Any:  # noqa: ANN401 - a class of Rust
    try:
        return safe_open(path, framework="np")
    except FileNotFoundError:
        raise _damaged(path.name, "it is missing") from None
    except SafetensorError as error:
        raise _damaged(path.name, str(error)) from None


def _check(file: str, name: str, stored: tuple[str, Shape], needed: Shape | None) -> None:
    kind, shape = stored
    if needed is None:
        raise _damaged(file, f"the tensor {name} is no part of this model")
    if shape != needed:
        raise _damaged(file, f"the tensor {name} has the shape {shape} and not {needed}")
    if kind not in FLOATS:
        raise LoadFailedError(
            f"The checkpoint's tensor {name} is of the type {kind}; Sotto converts checkpoints"
            f" of {', '.join(FLOATS)}. Choose one that is not quantised."
        )


def _damaged(file: str, how: str) -> ModelCorruptError:
    return ModelCorruptError(
        f"The checkpoint's {file} cannot be used: {how}. Download the checkpoint again.",
        detail=file,
    )
