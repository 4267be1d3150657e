"""Finds the engines there are, without importing any: those of packages, and installed models."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sidecar.errors import EngineMissingError, ModelCorruptError
from sidecar.model_store.manifest import FILE, Family, read_manifest

ENGINES = "sotto.engines"
ALIGNERS = "sotto.aligners"
EMBEDDED = "builtin"
MODELS: dict[Family, tuple[str, str]] = {  # the kind of engine that a model is, and its class
    "qwen3-asr": (ENGINES, "sidecar.engine.backends.model:ModelEngine"),
    "qwen3-forced-aligner": (ALIGNERS, "sidecar.engine.backends.aligner:AlignerEngine"),
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # EngineId in ipc-schema/types/sys.json
_VALUE = re.compile(r"[\w.]+:\w+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to know of an engine before it runs.

    Attributes:
        target: where its class is, as `module:attribute`.
        folder: of an installed model, which the class is called with.
        ram_bytes: memory that a model needs, about; 0 where that is not known.
    """

    target: str
    folder: Path | None = None
    ram_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Model:
    """An installed model, as its manifest was at some time."""

    entry: Entry
    group: str
    written_ns: int


class EngineRegistry:
    """The engines that packages offer as entry points, and the models that are installed.

    Reads package metadata once, when first asked. Of two distributions that claim one
    name the first on `sys.path` wins, as for imports; the other is logged. So is a model that
    has the name of such an engine. Models may come and go at any time.

    Args:
        installed: gives the folder of every installed model by its name. Asked each time.
    """

    def __init__(self, installed: Callable[[], Mapping[str, Path]] = dict) -> None:
        self._installed = installed
        self._known: dict[str, _Model] = {}
        self._hidden: set[str] = set()

    def names(self) -> tuple[str, ...]:
        """All engine names, sorted."""
        return tuple(sorted(self._all(ENGINES)))

    def entry(self, name: str) -> Entry:
        """What there is to know of an engine.

        Raises:
            EngineMissingError: nothing that is installed is an engine of that name.
        """
        entries = self._all(ENGINES)
        if name not in entries:
            installed = ", ".join(sorted(entries)) or "none"
            raise EngineMissingError(f"No engine is called {name[:64]!r}. Installed: {installed}.")
        return entries[name]

    def preferred(self) -> str:
        """The engine of who has chosen none: the model installed last, or the embedded one."""
        return self._newest_model(ENGINES) or EMBEDDED

    def aligner(self) -> tuple[str, Entry] | None:
        """Name and entry of what finds word times; of several the model installed last."""
        entries = self._all(ALIGNERS)
        name = self._newest_model(ALIGNERS) or min(entries, default=None)
        return (name, entries[name]) if name else None

    def _all(self, group: str) -> dict[str, Entry]:
        offered = self._offered[group]
        models = {name: m.entry for name, m in self._models().items() if m.group == group}
        for name in (offered.keys() & models.keys()) - self._hidden:
            _log.warning("the model %s is hidden by an engine of that name", name)
            self._hidden.add(name)
        return models | offered

    def _newest_model(self, group: str) -> str | None:
        offered = self._offered[group]
        models = self._models()
        names = [n for n, m in models.items() if m.group == group and n not in offered]
        return max(names, key=lambda name: models[name].written_ns, default=None)

    def _models(self) -> dict[str, _Model]:
        installed = self._installed().items()
        self._known = {n: self._model(n, path) for n, path in installed if _NAME.fullmatch(n)}
        return self._known

    def _model(self, name: str, folder: Path) -> _Model:
        """The model in a folder; its manifest is only read again when it was written again."""
        written_ns = _written_ns(folder / FILE)
        known = self._known.get(name)
        if known and (known.entry.folder, known.written_ns) == (folder, written_ns):
            return known
        return _read_model(folder, written_ns)

    @cached_property
    def _offered(self) -> dict[str, dict[str, Entry]]:
        """What packages offer, by group and name."""
        from importlib import metadata  # 20 ms that the first answer does not wait for

        found: dict[str, dict[str, Entry]] = {ENGINES: {}, ALIGNERS: {}}
        for group, entries in found.items():
            for point in metadata.entry_points(group=group):
                owner = point.dist.name if point.dist else "?"
                entry = Entry(point.value)
                if not _NAME.fullmatch(point.name) or not _VALUE.fullmatch(point.value):
                    _log.warning("engine entry point of %s is malformed and ignored", owner)
                elif entries.setdefault(point.name, entry) != entry:
                    _log.warning("engine %s of %s is hidden by another", point.name, owner)
        return found


def _read_model(folder: Path, written_ns: int) -> _Model:
    """A damaged model is taken for an engine: to load it is what says what is wrong."""
    try:
        manifest = read_manifest(folder)
    except ModelCorruptError:
        group, target = MODELS["qwen3-asr"]
        return _Model(Entry(target, folder), group, written_ns)
    group, target = MODELS[manifest.family]
    return _Model(Entry(target, folder, manifest.ram_bytes), group, written_ns)


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
