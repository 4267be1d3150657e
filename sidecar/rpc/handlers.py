"""What each method does. One function per method; what returns at once runs on the loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import UNSET

import sidecar
from sidecar.clock import Clock
from sidecar.errors import InvalidRequestError, VersionError
from sidecar.protocol.messages import (
    PROTOCOL_VERSION,
    SCHEMA_HASH,
    AudioDropParams,
    AudioDropResult,
    AudioFolderParams,
    AudioFolderResult,
    AudioOpenParams,
    AudioOpenResult,
    AudioPutParams,
    AudioPutResult,
    AudioSource,
    DiagParams,
    DiagResult,
    EngineInfo,
    FileAudio,
    HelloParams,
    HelloResult,
    InfoParams,
    InfoResult,
    InlineAudio,
    Limit,
    Limits,
    PingParams,
    PingResult,
    ShutdownParams,
    ShutdownResult,
    TranscribeParams,
    TranscribeResult,
    WorkerDiag,
)
from sidecar.rpc.dispatch import HELLO, SHUTDOWN, Call, Handler
from sidecar.rpc.services import Services
from sidecar.rpc.transcribing import turn_into_text
from sidecar.rpc.uploads import PART_BYTES, discard


@dataclass(frozen=True, slots=True)
class Counts:
    """What sys.diag tells about the server."""

    clients: int
    pending: int
    uploads: int
    requests: int
    bad_frames: int
    dropped_clients: int
    streams: int
    ignored_pushes: int


class Host(Protocol):
    """What the handlers need of the server they run in."""

    def counts(self) -> Counts:
        """The server's counters."""
        ...

    def greeted(self) -> None:
        """Told when a client was told hello."""
        ...

    async def shut_down(self, drain_s: float) -> None:
        """Begin the exit; returns once all other requests are answered."""
        ...


class Handlers:
    """The methods of the protocol."""

    def __init__(self, services: Services, host: Host, limits: Limits, clock: Clock) -> None:
        self._services = services
        self._host = host
        self._limits = limits
        self._clock = clock
        self._started_s = clock.now_s()

    def table(self) -> dict[str, Handler]:
        """The handlers by method name."""
        return {
            HELLO: self.hello,
            "sys.ping": self.ping,
            "sys.info": self.info,
            "sys.diag": self.diag,
            SHUTDOWN: self.shutdown,
            "audio.open": self.open_upload,
            "audio.put": self.put_part,
            "audio.drop": self.drop_upload,
            "audio.folder": self.folder,
            "asr.transcribe": self.transcribe,
        }

    def hello(self, call: Call, params: HelloParams) -> HelloResult:
        """Agree on a version; before that nothing else is answered."""
        if call.peer.greeted:
            raise InvalidRequestError("sys.hello was said already: open a new connection instead.")
        major, minor = PROTOCOL_VERSION
        if params.proto[0] != major:
            raise VersionError(
                f"This sidecar speaks version {major} of the protocol: update the older side.",
                detail=f"{major}.{minor}",
            )
        call.peer.greeted = True
        self._host.greeted()
        return HelloResult(
            proto=(major, min(minor, params.proto[1])),
            epoch=self._services.epoch,
            pid=os.getpid(),
            version=sidecar.__version__,
            schema_hash=SCHEMA_HASH,
            role="owner" if call.peer.role == "owner" else "guest",
            limits=tuple(
                Limit(name=name, value=getattr(self._limits, name))
                for name in self._limits.__struct_fields__
            ),
        )

    def ping(self, _call: Call, _params: PingParams) -> PingResult:
        """Prove that the loop turns."""
        return PingResult(uptime_ms=self._uptime_ms())

    def info(self, _call: Call, _params: InfoParams) -> InfoResult:
        """Say what this sidecar is."""
        from sidecar.rpc.mapping import capabilities_to_wire

        return InfoResult(
            version=sidecar.__version__,
            python=".".join(map(str, sys.version_info[:3])),
            platform=sys.platform,
            default_engine=self._services.default_engine(),
            engines=tuple(
                EngineInfo(
                    id=status.engine,
                    state=status.state,
                    caps=capabilities_to_wire(status.capabilities)
                    if status.capabilities
                    else UNSET,
                )
                for status in self._services.pool().status()
            ),
        )

    def diag(self, _call: Call, _params: DiagParams) -> DiagResult:
        """Say how this sidecar is doing."""
        from sidecar.telemetry import process

        counts, pool = self._host.counts(), self._services.pool()
        open_files = process.open_files()
        return DiagResult(
            uptime_ms=self._uptime_ms(),
            rss_bytes=process.rss_bytes(),
            threads=process.threads(),
            fds=UNSET if open_files is None else open_files,
            clients=counts.clients,
            pending=counts.pending,
            uploads=counts.uploads,
            requests=counts.requests,
            bad_frames=counts.bad_frames,
            dropped_clients=counts.dropped_clients,
            streams=counts.streams,
            ignored_pushes=counts.ignored_pushes,
            workers=tuple(
                WorkerDiag(
                    engine=status.engine,
                    state=status.state,
                    pid=status.pid or UNSET,
                    rss_bytes=UNSET if status.rss_bytes is None else status.rss_bytes,
                    requests=status.requests,
                    restarts=status.restarts,
                )
                for status in (*pool.status(), *filter(None, (pool.aligner_status(),)))
            ),
        )

    async def shutdown(self, _call: Call, params: ShutdownParams) -> ShutdownResult:
        """Finish what runs, answer everything, and leave."""
        await self._host.shut_down(params.drain_ms / 1000)
        return ShutdownResult()

    async def open_upload(self, call: Call, params: AudioOpenParams) -> AudioOpenResult:
        """Begin an upload."""
        upload = await call.peer.uploads.open(params.total_bytes or 0)
        return AudioOpenResult(upload=upload, part_bytes=PART_BYTES)

    async def put_part(self, call: Call, params: AudioPutParams) -> AudioPutResult:
        """Append to an upload."""
        part = call.binaries[params.data.bin]
        received = await call.peer.uploads.put(params.upload, params.seq, part)
        return AudioPutResult(received_bytes=received)

    def drop_upload(self, call: Call, params: AudioDropParams) -> AudioDropResult:
        """Forget an upload."""
        call.peer.uploads.drop(params.upload)
        return AudioDropResult()

    async def folder(self, call: Call, _params: AudioFolderParams) -> AudioFolderResult:
        """Say where recordings may be left."""
        path = await call.peer.shelf.path()
        return AudioFolderResult(path=UNSET if path is None else str(path))

    async def transcribe(self, call: Call, params: TranscribeParams) -> TranscribeResult:
        """Turn a recording into text."""
        async with recording(call, params.audio) as source:
            return await turn_into_text(
                call,
                self._services.transcriber,
                source,
                engine=params.engine or None,
                language=params.language or None,
                hotwords=params.hotwords or (),
                levels=bool(params.levels),
                align=params.align is not False,
            )

    def _uptime_ms(self) -> int:
        return round((self._clock.now_s() - self._started_s) * 1000)


@contextlib.asynccontextmanager
async def recording(call: Call, audio: AudioSource) -> AsyncIterator[bytes | Path]:
    """What the client refers to; an upload or a file is used up, whatever comes of it."""
    if isinstance(audio, InlineAudio):
        yield bytes(call.binaries[audio.data.bin])
        return
    if isinstance(audio, FileAudio):
        path = call.peer.shelf.take(audio.name)
    else:
        path = await call.peer.uploads.take(audio.upload)
    try:
        yield path
    finally:
        asyncio.get_running_loop().call_soon(discard, path)  # the answer goes first
