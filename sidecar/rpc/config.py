"""The methods of preferences: what a person has chosen, field by field over the defaults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from sidecar.protocol.messages import (
    ConfigGetParams,
    ConfigSetParams,
    Preferences,
    PreferencesPatch,
)
from sidecar.rpc.dispatch import Call, Handler
from sidecar.rpc.services import Services

TellChanged: TypeAlias = Callable[[Literal["history", "config"]], None]
"""Tells every client what is not as it was. On the loop."""

MAX_DAYS = 36_500  # what the schema allows
DEFAULTS = Preferences(
    engine="",
    language="",
    hotwords=(),
    mode="live",
    activation="toggle",
    hotkey="CommandOrControl+Shift+Space",
    microphone="",
    tail_ms=200,
    insertion="paste",
    restore_clipboard=True,
    polish=False,
    polish_min_chars=20,
    llm_url="",
    llm_model="",
    keep_history=True,
    keep_audio_days=30,
    theme="system",
    ui_language="system",
    sounds=True,
    onboarded=False,
)


class ConfigHandlers:
    """What the methods of preferences do."""

    def __init__(self, services: Services, tell_changed: TellChanged) -> None:
        self._services = services
        self._tell_changed = tell_changed

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {"config.get": self.get, "config.set": self.set}

    async def get(self, _call: Call, _params: ConfigGetParams) -> Preferences:
        """Say what is chosen."""
        return preferences_of(await asyncio.to_thread(self._read))

    async def set(self, _call: Call, params: ConfigSetParams) -> Preferences:
        """Choose otherwise."""
        changes = msgspec.to_builtins(params.changes)
        changing = asyncio.create_task(asyncio.to_thread(self._write, changes))
        # Told also if the caller has gone away meanwhile.
        changing.add_done_callback(self._changed)
        return preferences_of(await asyncio.shield(changing))

    def _read(self) -> dict[str, Any]:
        return self._services.preferences().all()

    def _write(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        self._services.preferences().change(changes)
        return self._read()

    def _changed(self, changing: asyncio.Task[dict[str, Any]]) -> None:
        if not changing.cancelled() and changing.exception() is None:
            self._tell_changed("config")


def preferences_of(stored: Mapping[str, Any]) -> Preferences:
    """What is stored over the defaults; what does not fit the schema counts as not stored.

    So an older program can go on with what a newer one has written. Only for the event loop:
    msgspec crashes where two threads are the first to convert to a type.
    """
    fitting = {name: value for name, value in stored.items() if _fits(name, value)}
    return msgspec.convert({**msgspec.to_builtins(DEFAULTS), **fitting}, Preferences)


def keep_audio_days(stored: Mapping[str, Any]) -> int:
    """For how long the history keeps audio. From any thread."""
    days = stored.get("keep_audio_days")
    if isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= MAX_DAYS:
        return days
    return DEFAULTS.keep_audio_days


def _fits(name: str, value: object) -> bool:
    try:
        msgspec.convert({name: value}, PreferencesPatch)
    except msgspec.ValidationError:
        return False
    return True
