"""What the handlers of methods serve: the parts of the sidecar, made when first asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sidecar.domain import LiveEvent
    from sidecar.engine.client import EnginePool
    from sidecar.history.history import History
    from sidecar.history.preferences import PreferenceStore
    from sidecar.model_store.store import ModelStore
    from sidecar.rpc.stream import Session
    from sidecar.session.journal import Journal
    from sidecar.session.live import LiveOptions
    from sidecar.session.transcriber import Transcriber


class Dictations(Protocol):
    """Begins dictations; `functools.partial(LiveSession, parts)` does."""

    def __call__(
        self,
        options: LiveOptions,
        client: Hashable,
        emit: Callable[[LiveEvent], None],
        on_ack: Callable[[int], None],
    ) -> Session:
        """Begin one, without waiting for its engine."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the handlers serve.

    Attributes:
        epoch: names this run of the sidecar.
        default_engine: gives the engine of who asks for none.
        pool: gives the engines; the first time it imports their part.
        transcriber: gives the transcriber; the first time it imports what that needs.
        dictations: gives what begins dictations; the first time it imports what those need.
        journal: gives the journal; call it in a thread. Raises DiskFullError where its folder
            cannot be used.
        models: gives the store of models; call it in a thread. Raises DiskFullError where its
            folder cannot be used.
        history: gives the history; call it in a thread. Raises DiskFullError where its folder
            cannot be used.
        preferences: gives what a person has chosen; call it in a thread. Raises DiskFullError
            where the data folder cannot be used.
        upload_folder: gives the private folder for uploads; the first time it makes it.
    """

    epoch: str
    default_engine: Callable[[], str]
    pool: Callable[[], EnginePool]
    transcriber: Callable[[], Awaitable[Transcriber]]
    dictations: Callable[[], Awaitable[Dictations]]
    journal: Callable[[], Journal]
    models: Callable[[], ModelStore]
    history: Callable[[], History]
    preferences: Callable[[], PreferenceStore]
    upload_folder: Callable[[], Awaitable[Path]]
