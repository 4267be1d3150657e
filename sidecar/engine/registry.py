"""Finds the installed engines, without importing any of them."""

from __future__ import annotations

import logging
import re
from functools import cached_property

from sidecar.errors import EngineMissingError

GROUP = "sotto.engines"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # EngineId in ipc-schema/types/sys.json
_VALUE = re.compile(r"[\w.]+:\w+")
_log = logging.getLogger(__name__)


class EngineRegistry:
    """The engines that installed distributions offer under the entry point group `sotto.engines`.

    Reads package metadata once, when first asked. Of two distributions that claim one
    name the first on `sys.path` wins, as for imports; the other is logged.
    """

    def names(self) -> tuple[str, ...]:
        """All engine names, sorted."""
        return tuple(sorted(self._entries))

    def entry(self, name: str) -> str:
        """Where the engine's class is, as `module:attribute`.

        Raises:
            EngineMissingError: no installed distribution offers an engine of that name.
        """
        try:
            return self._entries[name]
        except KeyError:
            installed = ", ".join(self.names()) or "none"
            raise EngineMissingError(
                f"No engine is called {name[:64]!r}. Installed: {installed}."
            ) from None

    @cached_property
    def _entries(self) -> dict[str, str]:
        from importlib import metadata  # 20 ms that the first answer does not wait for

        entries: dict[str, str] = {}
        for point in metadata.entry_points(group=GROUP):
            owner = point.dist.name if point.dist else "?"
            if not _NAME.fullmatch(point.name) or not _VALUE.fullmatch(point.value):
                _log.warning("engine entry point of %s is malformed and ignored", owner)
            elif entries.setdefault(point.name, point.value) != point.value:
                _log.warning("engine %s of %s is hidden by another", point.name, owner)
        return entries
