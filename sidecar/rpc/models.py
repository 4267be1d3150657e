"""The methods of models: what each does with the store of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.errors import InvalidParamsError
from sidecar.protocol.messages import (
    ModelInfo,
    ModelsImportParams,
    ModelsInstallParams,
    ModelsListParams,
    ModelsListResult,
    ModelsRemoveParams,
    ModelsRemoveResult,
    ModelsVerifyParams,
)
from sidecar.rpc.dispatch import Call, Handler
from sidecar.rpc.services import Services

if TYPE_CHECKING:
    from sidecar.model_store.progress import ModelProgress

MAX_LISTED = 1024  # what the schema allows


class ModelHandlers:
    """What the methods of models do."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {
            "models.list": self.list,
            "models.install": self.install,
            "models.import": self.bring,
            "models.verify": self.verify,
            "models.remove": self.remove,
        }

    async def list(self, _call: Call, params: ModelsListParams) -> ModelsListResult:
        """Say which models there are."""
        store = await asyncio.to_thread(self._services.models)
        query, language = params.query or "", params.language or ""
        found = await asyncio.to_thread(store.models, query, language)
        from sidecar.rpc.mapping_models import status_to_wire

        return ModelsListResult(models=tuple(map(status_to_wire, found[:MAX_LISTED])))

    async def install(self, call: Call, params: ModelsInstallParams) -> ModelInfo:
        """Have a model of the catalogue here."""
        store = await asyncio.to_thread(self._services.models)
        from sidecar.rpc.mapping_models import status_to_wire

        source = params.source or ""
        return status_to_wire(await store.install(params.model, _teller(call), source))

    async def bring(self, call: Call, params: ModelsImportParams) -> ModelInfo:
        """Install a model from a folder."""
        folder = Path(params.path)
        if not folder.is_absolute() or "\0" in params.path:
            raise InvalidParamsError("Give the absolute path of a folder.", detail="/path")
        store = await asyncio.to_thread(self._services.models)
        from sidecar.rpc.mapping_models import status_to_wire

        return status_to_wire(await store.bring(folder, _teller(call), params.model or ""))

    async def verify(self, call: Call, params: ModelsVerifyParams) -> ModelInfo:
        """Compare a model with its hashes."""
        store = await asyncio.to_thread(self._services.models)
        from sidecar.rpc.mapping_models import status_to_wire

        return status_to_wire(await store.verify(params.model, _teller(call)))

    async def remove(self, _call: Call, params: ModelsRemoveParams) -> ModelsRemoveResult:
        """Delete a model, once its worker has let go of it."""
        store = await asyncio.to_thread(self._services.models)
        await self._services.pool().unload(params.model)
        return ModelsRemoveResult(freed_bytes=await store.remove(params.model))


def _teller(call: Call) -> Callable[[ModelProgress], None]:
    from sidecar.rpc.mapping_models import progress_to_wire

    return lambda progress: call.emit(progress_to_wire(progress))
