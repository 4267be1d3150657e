"""Talking to a sidecar from Python.

    async with await Client.connect(info) as client:
        transcript = await client.transcribe(Path("speech.wav"))

`info` comes from `launch_sidecar` or from `read_connection`. The event loop must be one
that can watch descriptors, which on Windows the default is not: see `run`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from msgspec import UNSET

import sidecar
from sidecar.domain import Transcript, TranscriptionEvent
from sidecar.errors import (
    DeadlineError,
    NotReadyError,
    SidecarRestartedError,
    SottoError,
    TooLargeError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import (
    LIMITS,
    PROTOCOL_VERSION,
    SCHEMA_HASH,
    AudioDropParams,
    AudioFolderParams,
    AudioFolderResult,
    AudioOpenParams,
    AudioOpenResult,
    AudioPutParams,
    AudioSource,
    Binary,
    ClientName,
    DiagParams,
    DiagResult,
    FileAudio,
    HelloParams,
    HelloResult,
    InfoParams,
    InfoResult,
    InlineAudio,
    PingParams,
    PingResult,
    ShutdownParams,
    StateParams,
    TranscribeParams,
    TranscribeResult,
    UploadedAudio,
)
from sidecar.rpc.calls import Connection
from sidecar.rpc.mapping import event_from_wire, transcript_from_wire
from sidecar.rpc.transport import Part

SMALL_BYTES = 64 << 10  # is sent sooner than a file is made
QUICK_BYTES = 2 << 20  # are written in half a millisecond, sooner than a thread gets to it
INLINE_BYTES = 8 << 20  # larger recordings go up in parts, so that nothing waits behind them
PARTS_AT_ONCE = 4
MISSED_PINGS = 4  # about 15 s: a sidecar that lives but does not answer is of no use either

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on an event loop that ZeroMQ works with on every system."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)


class Client:
    """A client of one running sidecar. Make it with `connect`; close it.

    Attributes:
        server: what the sidecar said of itself in sys.hello.
    """

    def __init__(self, connection: Connection, server: HelloResult) -> None:
        self._connection = connection
        self.server = server
        self._slots = asyncio.Semaphore(_limit(server, "max_pending"))
        self._folder: Path | None = None
        self._asked_for_folder = False
        self._heart = asyncio.create_task(self._beat(_limit(server, "heartbeat_ms") / 1000))

    @classmethod
    async def connect(
        cls,
        info: ConnectionInfo,
        *,
        name: str = "sotto-python",
        on_state: Callable[[StateParams], None] = lambda _: None,
    ) -> Client:
        """Connect and agree on a version.

        Args:
            info: of a sidecar that runs.
            name: who is calling, for its logs.
            on_state: told when an engine's worker changes state.

        Raises:
            SidecarRestartedError: no sidecar is there.
            UnauthorizedError: it does not know the key.
            VersionError: it speaks another major version.
            BusyError: it has too many clients.
        """
        connection = Connection(info, on_state)
        try:
            hello = HelloParams(
                proto=PROTOCOL_VERSION,
                client=ClientName(name=name, version=sidecar.__version__),
                schema_hash=SCHEMA_HASH,
            )
            server = await connection.call("sys.hello", hello)
        except BaseException:
            connection.close()
            raise
        return cls(connection, cast("HelloResult", server))

    async def ping(self) -> float:
        """Check that the sidecar responds. Returns how long it has been up, in seconds."""
        result = await self._connection.call("sys.ping", PingParams())
        return cast("PingResult", result).uptime_ms / 1000

    async def info(self) -> InfoResult:
        """What the sidecar is and which engines it has."""
        return cast("InfoResult", await self._connection.call("sys.info", InfoParams()))

    async def diag(self) -> DiagResult:
        """Counters for a bug report, without content."""
        return cast("DiagResult", await self._connection.call("sys.diag", DiagParams()))

    async def shutdown(self, drain_ms: int = 2000) -> None:
        """Ask the sidecar to leave; returns once it has answered everything.

        Raises:
            UnauthorizedError: this client is not its owner.
        """
        params = ShutdownParams(drain_ms=drain_ms)
        with suppress(SidecarRestartedError):  # gone before its answer arrived: that is the wish
            await self._connection.call("sys.shutdown", params, timeout_s=drain_ms / 1000 + 10)

    async def transcribe(
        self,
        audio: bytes | Path,
        *,
        language: str | None = None,
        engine: str | None = None,
        hotwords: tuple[str, ...] = (),
        levels: bool = False,
        timeout_s: float | None = None,
        on_event: Callable[[TranscriptionEvent], None] | None = None,
    ) -> Transcript:
        """Transcribe a recording in any format that the sidecar reads.

        Cancelling the waiting task stops the work.

        Args:
            audio: the whole file's bytes, or where it is.
            language: BCP 47 tag; None to let the engine find out.
            engine: None for the sidecar's default.
            hotwords: words that are likely to be said.
            levels: whether `on_event` gets `Level` events too.
            timeout_s: how long it may take; None for as long as the sidecar allows.
            on_event: told about progress and every segment as it becomes final.

        Raises:
            OSError: the file cannot be read.
            SottoError: what the sidecar answered, or SidecarRestartedError.
        """
        tell = None if on_event is None else lambda event: on_event(event_from_wire(event))
        source, binaries = await self.hand_over(audio)
        params = TranscribeParams(
            audio=source,
            engine=engine or UNSET,
            language=language or UNSET,
            hotwords=hotwords or UNSET,
            levels=levels or UNSET,
        )
        timeout_s = timeout_s or LIMITS.max_timeout_ms / 1000
        async with self._slots:
            result = await self._connection.call(
                "asr.transcribe", params, binaries, timeout_s=timeout_s, on_event=tell
            )
        return transcript_from_wire(cast("TranscribeResult", result))

    async def close(self) -> None:
        """End the connection. What is pending fails; its work in the sidecar is cancelled."""
        self._heart.cancel()
        self._connection.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def hand_over(self, audio: bytes | Path) -> tuple[AudioSource, tuple[Part, ...]]:
        """Bring a recording to the sidecar, the quickest way that there is.

        Returns:
            What refers to it in a request, and the binary frames to send with that.
        """
        size = len(audio) if isinstance(audio, bytes) else (await _in_thread(audio.stat)).st_size
        most = _limit(self.server, "max_upload_bytes")
        if size > most:  # before all of it is copied
            raise TooLargeError(f"A recording may have at most {most >> 20} MiB: split it.")
        if size > SMALL_BYTES and (name := await self._leave(audio)):
            return FileAudio(name=name), ()
        if size > INLINE_BYTES:
            return UploadedAudio(upload=await self._upload(audio, size)), ()
        data = audio if isinstance(audio, bytes) else await _in_thread(audio.read_bytes)
        return InlineAudio(data=Binary(bin=0)), (data,)

    async def _leave(self, audio: bytes | Path) -> str | None:
        """Leave a recording as a file; None where it has to be sent."""
        if not self._asked_for_folder:
            told = await self._connection.call("audio.folder", AudioFolderParams())
            path = cast("AudioFolderResult", told).path
            self._folder, self._asked_for_folder = Path(path) if path else None, True
        if self._folder is None:
            return None
        name = os.urandom(16).hex()
        write = partial(_write, audio, self._folder / name)
        try:
            if isinstance(audio, bytes) and len(audio) <= QUICK_BYTES:
                write()
            else:
                await _in_thread(write)
        except OSError:  # not our file system after all, or a full one, which the answer tells
            return None
        return name

    async def _upload(self, audio: bytes | Path, size: int) -> int:
        """Send a recording in parts, a few on their way at a time."""
        opened = await self._connection.call("audio.open", AudioOpenParams(total_bytes=size))
        upload = cast("AudioOpenResult", opened).upload
        under_way: set[asyncio.Task[Any]] = set()
        try:
            async for seq, part in _parts(audio, cast("AudioOpenResult", opened).part_bytes):
                put = AudioPutParams(upload=upload, seq=seq, data=Binary(bin=0))
                under_way.add(asyncio.create_task(self._put(put, part)))
                if len(under_way) >= PARTS_AT_ONCE:
                    await _first_of(under_way)
            while under_way:
                await _first_of(under_way)
        except BaseException:
            for task in under_way:
                task.cancel()
            with suppress(SottoError):
                await self._connection.call("audio.drop", AudioDropParams(upload=upload))
            raise
        return upload

    async def _put(self, params: AudioPutParams, part: Part) -> None:
        async with self._slots:
            await self._connection.call("audio.put", params, (part,))

    async def _beat(self, interval_s: float) -> None:
        """Say something every so often; give up on a sidecar that does not answer."""
        missed = 0
        while missed < MISSED_PINGS:
            await asyncio.sleep(interval_s)
            if time.monotonic() - self._connection.said_s < interval_s / 2:
                continue
            try:
                await self.ping()
                missed = 0
            except NotReadyError:
                break  # it has forgotten us, and with us what we asked for
            except (DeadlineError, SidecarRestartedError):
                missed += 1
            except SottoError:
                missed = 0  # busy with what we asked for; that it says so is a sign of life
        self._connection.close(SidecarRestartedError("The sidecar does not respond any more."))


def _write(audio: bytes | Path, file: Path) -> None:
    try:
        if isinstance(audio, bytes):
            with file.open("xb", buffering=0) as raw:
                view = memoryview(audio)
                while view:
                    view = view[raw.write(view) :]
        else:
            shutil.copyfile(audio, file)
    except OSError:
        file.unlink(missing_ok=True)
        raise


async def _parts(audio: bytes | Path, part_bytes: int) -> AsyncIterator[tuple[int, Part]]:
    if isinstance(audio, bytes):
        view = memoryview(audio)
        for seq, start in enumerate(range(0, len(view), part_bytes)):
            yield seq, view[start : start + part_bytes]
        return
    with await _in_thread(lambda: audio.open("rb")) as file:
        seq = 0
        while part := await _in_thread(lambda: file.read(part_bytes)):
            yield seq, part
            seq += 1


async def _first_of(tasks: set[asyncio.Task[Any]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        tasks.remove(task)
        task.result()


async def _in_thread(step: Callable[[], T]) -> T:
    return await asyncio.to_thread(step)


def _limit(server: HelloResult, name: str) -> int:
    return next(limit.value for limit in server.limits if limit.name == name)
