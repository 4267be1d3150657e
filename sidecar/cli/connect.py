"""Which sidecar a command talks to: the one that is running, or one of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sidecar.cli import plain
from sidecar.config import Settings, settings_from_environment
from sidecar.domain import Final
from sidecar.errors import (
    CancelledError,
    NotReadyError,
    SidecarRestartedError,
    SottoError,
    VersionError,
)
from sidecar.host.connection import ConnectionInfo, read_connection
from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.host.paths import data_dir, runtime_dir
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client
from sidecar.rpc.dictation import Dictation

CLIENT = "sotto"
JOIN_S = 3.0  # a sidecar that is alive answers in milliseconds
# A sidecar that says so, or says nothing, cannot be asked for anything more.
SIDECAR_LOST = (SidecarRestartedError, NotReadyError, CancelledError)

T = TypeVar("T")


def own_settings() -> Settings:
    """What the environment says, as for a sidecar that is started here.

    Raises:
        ConfigError: a variable has a value that cannot be used.
    """
    return settings_from_environment(os.environ)


def published() -> ConnectionInfo | None:
    """The connection file of this user's sidecar, if there is one. It may be left over.

    Raises:
        ConfigError: the folder it would be in is not private.
    """
    return read_connection(runtime_dir(own_settings().runtime_dir))


@dataclass(frozen=True, slots=True)
class Joined:
    """A client, and how to reach its sidecar once more should the connection break."""

    client: Client
    info: ConnectionInfo


@asynccontextmanager
async def any_sidecar() -> AsyncIterator[Client]:
    """A client of the sidecar that is running, else of one that lasts as long as the block.

    Raises:
        ConfigError: the settings or folders cannot be used.
        LaunchError: no sidecar was running and none could be started.
    """
    async with joined() as sidecar:
        yield sidecar.client


@asynccontextmanager
async def joined() -> AsyncIterator[Joined]:
    """As `any_sidecar`, for who must come back after a broken connection."""
    info = published()
    client = await join(info) if info is not None else None
    if client is None or info is None:
        async with _own_sidecar() as sidecar:
            yield sidecar
        return
    try:
        yield Joined(client, info)
    finally:
        await client.close()


@asynccontextmanager
async def private_sidecar() -> AsyncIterator[Client]:
    """A client of a sidecar of our own, which ends with the block.

    Raises:
        ConfigError: the folder for its recordings cannot be used.
        LaunchError: it could not be started.
    """
    async with _own_sidecar() as sidecar:
        yield sidecar.client


@asynccontextmanager
async def _own_sidecar() -> AsyncIterator[Joined]:
    data_dir(own_settings().data_dir)  # the sidecar finds out later, and may not say which it is
    keys = new_key_pair()
    # In this thread, so that an interrupt cannot leave a sidecar behind that nobody knows of.
    sidecar, info = launch_sidecar(keys.public, keys.secret, LaunchOptions())
    try:
        client = await Client.connect(info, name=CLIENT)
        try:
            yield Joined(client, info)
        finally:
            await client.close()
    finally:
        sidecar.stop()


async def join(info: ConnectionInfo) -> Client | None:
    """A client of that sidecar, or None if it does not answer or cannot be talked to."""
    try:
        async with asyncio.timeout(JOIN_S):
            return await Client.connect(info, name=CLIENT)
    except VersionError as error:
        plain.say(f"{error.message} Starting another one for this command.")
    except (SottoError, TimeoutError):
        pass  # its file outlived it
    return None


class Link:
    """The way to a dictation, which comes back after its connection broke."""

    def __init__(self, dictation: Dictation, info: ConnectionInfo, clients: AsyncExitStack) -> None:
        self.dictation = dictation
        self._info = info
        self._clients = clients

    async def push(self, pcm: bytes) -> None:
        """Send audio as soon as there is room for it.

        Raises:
            SottoError: why the dictation has ended, or SidecarRestartedError.
        """
        await self._again(self.dictation.room)
        self.dictation.push(pcm)

    async def close(self) -> Final:
        """Make it all final text, and end; the recording stays until the text is safe.

        Raises as `push` does.
        """
        return await self._again(partial(self.dictation.close, keep=True))

    async def _again(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do it, over another connection if this one breaks meanwhile."""
        try:
            return await step()
        except SIDECAR_LOST:
            client = await join(self._info)
            if client is None:
                raise
            await self._clients.enter_async_context(client)
            await self.dictation.resume(client)
            return await step()
