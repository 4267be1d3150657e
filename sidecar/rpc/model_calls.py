"""The calls of a client that are about models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
from msgspec import UNSET

from sidecar.errors import VersionError
from sidecar.model_store.progress import ModelProgress
from sidecar.model_store.status import ModelStatus
from sidecar.protocol.messages import (
    HelloResult,
    ModelInfo,
    ModelsImportParams,
    ModelsInstallParams,
    ModelsListParams,
    ModelsListResult,
    ModelsRemoveParams,
    ModelsRemoveResult,
    ModelsVerifyParams,
)
from sidecar.rpc.calls import Connection
from sidecar.rpc.mapping_models import progress_from_wire, status_from_wire

OnProgress = Callable[[ModelProgress], None]


def _ignore(_: ModelProgress) -> None:
    pass


class ModelCalls:
    """The models of a sidecar. Cancelling a call keeps what has been downloaded."""

    def __init__(self, connection: Connection, server: HelloResult) -> None:
        self._connection = connection
        self._server = server

    async def list(self, query: str = "", language: str = "") -> tuple[ModelStatus, ...]:
        """What is installed and what can be.

        Args:
            query: words that the id or name must have.
            language: BCP 47 tag of what it must understand.
        """
        self._check_version()
        params = ModelsListParams(query=query or UNSET, language=language or UNSET)
        told = cast("ModelsListResult", await self._connection.call("models.list", params))
        return tuple(map(status_from_wire, told.models))

    async def install(
        self, model: str, *, source: str = "", on_progress: OnProgress = _ignore
    ) -> ModelStatus:
        """Download a model, convert it and put it in its place.

        Args:
            model: its id.
            source: where from; "" for the model's own sources.
            on_progress: told how far it is.

        Raises:
            UnauthorizedError: this client may not; as all other errors of
                `ModelStore.install`.
        """
        params = ModelsInstallParams(model=model, source=source or UNSET)
        return await self._work("models.install", params, on_progress)

    async def bring(
        self, folder: Path, *, model: str = "", on_progress: OnProgress = _ignore
    ) -> ModelStatus:
        """Import a model from a folder of the sidecar's machine.

        Args:
            folder: its absolute path.
            model: what to call it; "" for what it is called.
            on_progress: told how far it is.

        Raises:
            UnauthorizedError: this client may not; as all other errors of
                `ModelStore.bring`.
        """
        params = ModelsImportParams(path=str(folder), model=model or UNSET)
        return await self._work("models.import", params, on_progress)

    async def verify(self, model: str, *, on_progress: OnProgress = _ignore) -> ModelStatus:
        """Compare every file of an installed model with its hash.

        Raises:
            EngineMissingError: it is not installed.
            ModelCorruptError: a file has changed; `detail` is its name.
        """
        return await self._work("models.verify", ModelsVerifyParams(model=model), on_progress)

    async def remove(self, model: str) -> int:
        """Delete a model, or what came of one. Gives how many bytes that has freed.

        Raises:
            UnauthorizedError: this client may not.
            EngineMissingError: there is nothing of it.
            BusyError: somebody is at it.
        """
        self._check_version()
        params = ModelsRemoveParams(model=model)
        told = cast("ModelsRemoveResult", await self._connection.call("models.remove", params))
        return told.freed_bytes

    async def _work(
        self, method: str, params: msgspec.Struct, on_progress: OnProgress
    ) -> ModelStatus:
        self._check_version()
        told = await self._connection.call(
            method, params, on_event=lambda event: on_progress(progress_from_wire(event))
        )
        return status_from_wire(cast("ModelInfo", told))

    def _check_version(self) -> None:
        if self._server.proto < (1, 2):
            raise VersionError("This sidecar does not deal with models: update it.")
