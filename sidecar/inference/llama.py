"""llama.cpp as a library: loaded once, quietly, without the Python layers above it.

`llama_cpp` imports a server, chat formats and a disk cache on its way to its bindings, which
takes 430 ms. Sotto needs the bindings alone, `llama_cpp.llama_cpp`, which take 50.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import os
import sys
import types
from functools import cache
from typing import Any, Final

from sidecar.errors import LoadFailedError

_log = logging.getLogger(__name__)

_PACKAGE: Final = "llama_cpp"
# ggml_log_level: 3 warns of what we chose, such as a context shorter than in training.
_LEVELS: Final = {3: logging.INFO, 4: logging.WARNING}


@cache
def llama() -> Any:  # noqa: ANN401 - a module without types
    """The bindings, after `llama_backend_init`: `llama().llama_decode(...)` and the like.

    Raises:
        LoadFailedError: llama-cpp-python is not installed, or its library does not load.
    """
    _spare_half_precision()
    bindings = _bindings()
    bindings.llama_log_set(_keep(bindings.llama_log_callback(_on_message)), ctypes.c_void_p(0))
    bindings.llama_backend_init()
    return bindings


def _bindings() -> Any:  # noqa: ANN401
    """Import `llama_cpp.llama_cpp` through an empty package in the place of `llama_cpp`."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None:
        raise LoadFailedError("llama.cpp is missing; install Sotto with its extra 'gguf'.")
    whole = sys.modules.get(_PACKAGE)
    if whole is None:
        stub = types.ModuleType(_PACKAGE)
        stub.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[_PACKAGE] = stub
    try:
        return importlib.import_module(f"{_PACKAGE}.llama_cpp")
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise LoadFailedError("llama.cpp does not load here; install Sotto again.") from error
    finally:
        if whole is None:
            del sys.modules[_PACKAGE]  # who imports the package later gets the real one


def _spare_half_precision() -> None:
    """Compute in full precision on Vulkan: Intel's integrated GPUs write "!!!!" otherwise.

    The backend reads the variable when it starts. Who picks devices decides for himself.
    """
    if "GGML_VK_VISIBLE_DEVICES" not in os.environ:
        os.environ.setdefault("GGML_VK_DISABLE_F16", "1")


_kept: list[object] = []


def _keep(callback: object) -> object:
    """Hold on to what C calls later: ctypes does not."""
    _kept.append(callback)
    return callback


def _on_message(level: int, text: bytes, _data: object) -> None:
    message = text.decode(errors="replace").rstrip()
    _log.log(_LEVELS.get(level, logging.DEBUG), "%s", message)
