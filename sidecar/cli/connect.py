"""Which sidecar a command talks to: the one that is running, or one of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sidecar.cli import plain
from sidecar.config import Settings, settings_from_environment
from sidecar.errors import SottoError, VersionError
from sidecar.host.connection import ConnectionInfo, read_connection
from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.host.paths import data_dir, runtime_dir
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client

CLIENT = "sotto"
JOIN_S = 3.0  # a sidecar that is alive answers in milliseconds


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


@asynccontextmanager
async def any_sidecar() -> AsyncIterator[Client]:
    """A client of the sidecar that is running, else of one that lasts as long as the block.

    Raises:
        ConfigError: the settings or folders cannot be used.
        LaunchError: no sidecar was running and none could be started.
    """
    info = published()
    client = await join(info) if info is not None else None
    if client is None:
        async with private_sidecar() as client:
            yield client
        return
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def private_sidecar() -> AsyncIterator[Client]:
    """A client of a sidecar of our own, which ends with the block.

    Raises:
        ConfigError: the folder for its recordings cannot be used.
        LaunchError: it could not be started.
    """
    data_dir(own_settings().data_dir)  # the sidecar finds out later, and may not say which it is
    keys = new_key_pair()
    # In this thread, so that an interrupt cannot leave a sidecar behind that nobody knows of.
    sidecar, info = launch_sidecar(keys.public, keys.secret, LaunchOptions())
    try:
        client = await Client.connect(info, name=CLIENT)
        try:
            yield client
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
