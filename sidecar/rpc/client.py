"""Talking to a sidecar from Python.

    async with await Client.connect(info) as client:
        transcript = await client.transcribe(Path("speech.wav"))

`info` comes from `launch_sidecar` or from `read_connection`. The event loop must be one
that can watch descriptors, which on Windows the default is not: see `run`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

import sidecar
from sidecar.domain import (
    SAMPLE_RATE_HZ,
    KeptRecording,
    LiveEvent,
    Transcript,
    TranscriptionEvent,
)
from sidecar.errors import (
    DeadlineError,
    NotReadyError,
    SidecarRestartedError,
    SottoError,
    VersionError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.messages import (
    LIMITS,
    PROTOCOL_VERSION,
    SCHEMA_HASH,
    ClientName,
    DiagParams,
    DiagResult,
    HelloParams,
    HelloResult,
    InfoParams,
    InfoResult,
    JournalDiscardParams,
    JournalListParams,
    JournalListResult,
    JournalRecoverParams,
    PingParams,
    PingResult,
    ShutdownParams,
    StateParams,
    StreamOpenParams,
    TranscribeParams,
    TranscribeResult,
)
from sidecar.rpc.calls import Connection
from sidecar.rpc.dictation import Dictation
from sidecar.rpc.handover import HandOver
from sidecar.rpc.history_calls import HistoryCalls
from sidecar.rpc.mapping import event_from_wire, transcript_from_wire
from sidecar.rpc.mapping_journal import kept_from_wire
from sidecar.rpc.model_calls import ModelCalls
from sidecar.rpc.transport import Part

MISSED_PINGS = 3  # 18 s: each comes after two of silence, and is waited for four

__all__ = ["Client", "Dictation", "run"]

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on an event loop that ZeroMQ works with on every system."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)


class Client:
    """A client of one running sidecar. Make it with `connect`; close it.

    Attributes:
        connection: for calls that have no method here.
        hand_over: brings recordings to the sidecar, for such calls.
        models: the calls that are about models.
        history: those that are about the history and about preferences.
        server: what the sidecar said of itself in sys.hello.
    """

    def __init__(self, connection: Connection, server: HelloResult) -> None:
        self.connection = connection
        self.server = server
        self._slots = asyncio.Semaphore(_limit(server, "max_pending"))
        self.hand_over = HandOver(connection, self._slots, _limit(server, "max_upload_bytes"))
        self.models = ModelCalls(connection, server)
        self.history = HistoryCalls(connection, server)
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
        result = await self.connection.call("sys.ping", PingParams())
        return cast("PingResult", result).uptime_ms / 1000

    async def info(self) -> InfoResult:
        """What the sidecar is and which engines it has."""
        return cast("InfoResult", await self.connection.call("sys.info", InfoParams()))

    async def diag(self) -> DiagResult:
        """Counters for a bug report, without content."""
        return cast("DiagResult", await self.connection.call("sys.diag", DiagParams()))

    async def shutdown(self, drain_ms: int = 2000) -> None:
        """Ask the sidecar to leave; returns once it has answered everything.

        Raises:
            UnauthorizedError: this client is not its owner.
        """
        params = ShutdownParams(drain_ms=drain_ms)
        with suppress(SidecarRestartedError):  # gone before its answer arrived: that is the wish
            await self.connection.call("sys.shutdown", params, timeout_s=drain_ms / 1000 + 10)

    async def transcribe(
        self,
        audio: bytes | Path,
        *,
        language: str | None = None,
        engine: str | None = None,
        hotwords: tuple[str, ...] = (),
        levels: bool = False,
        align: bool = True,
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
            align: have an aligner find word times where the engine gives none, if there is one.
            timeout_s: how long it may take; None for as long as the sidecar allows.
            on_event: told about progress and every segment as it becomes final.

        Raises:
            OSError: the file cannot be read.
            SottoError: what the sidecar answered, or SidecarRestartedError.
        """
        source, binaries = await self.hand_over.bring(audio)
        params = TranscribeParams(
            audio=source,
            engine=engine or UNSET,
            language=language or UNSET,
            hotwords=hotwords or UNSET,
            levels=levels or UNSET,
            align=self._align(align),
        )
        return await self._transcript("asr.transcribe", params, binaries, timeout_s, on_event)

    def dictate(
        self,
        *,
        rate_hz: int = SAMPLE_RATE_HZ,
        engine: str | None = None,
        language: str | None = None,
        hotwords: tuple[str, ...] = (),
        mode: Literal["live", "batch"] = "live",
        on_event: Callable[[LiveEvent], None] = lambda _: None,
    ) -> Dictation:
        """A dictation, which begins when it is entered.

        Args:
            rate_hz: of the audio that will be pushed, 8000 to 192000.
            engine: None for the sidecar's default.
            language: BCP 47 tag; None to let the engine find out.
            hotwords: words that are likely to be said.
            mode: "live" for text as soon as it is settled, "batch" for whole segments only.
            on_event: told what happens, in order. An error that it raises ends the dictation.

        Raises:
            VersionError: the sidecar is older than dictations are.
        """
        if self.server.proto < (1, 1):
            raise VersionError("This sidecar cannot take dictations: update it.")
        params = StreamOpenParams(
            format="pcm_s16le",
            rate_hz=rate_hz,
            engine=engine or UNSET,
            language=language or UNSET,
            hotwords=hotwords or UNSET,
            mode=mode,
        )
        return Dictation(self.connection, params, _limit(self.server, "max_chunk_ms"), on_event)

    async def recordings(self) -> tuple[KeptRecording, ...]:
        """The recordings of dictations that the sidecar keeps, newest first, without hotwords."""
        told = await self.connection.call("journal.list", JournalListParams())
        return tuple(map(kept_from_wire, cast("JournalListResult", told).recordings))

    async def recover(
        self,
        name: str,
        *,
        language: str | None = None,
        engine: str | None = None,
        hotwords: tuple[str, ...] = (),
        levels: bool = False,
        align: bool = True,
        timeout_s: float | None = None,
        on_event: Callable[[TranscriptionEvent], None] | None = None,
    ) -> Transcript:
        """Transcribe a kept recording; it stays until it is discarded.

        Args and errors are those of `transcribe`; what is not given is as it was for the
        dictation.

        Raises:
            NoSessionError: there is no such recording.
            BusyError: its dictation still runs.
        """
        params = JournalRecoverParams(
            recording=name,
            engine=engine or UNSET,
            language=language or UNSET,
            hotwords=hotwords or UNSET,
            levels=levels or UNSET,
            align=self._align(align),
        )
        return await self._transcript("journal.recover", params, (), timeout_s, on_event)

    async def discard(self, name: str) -> None:
        """Delete a kept recording, for good.

        Raises:
            NoSessionError: there is no such recording.
            BusyError: its dictation still runs.
        """
        await self.connection.call("journal.discard", JournalDiscardParams(recording=name))

    async def close(self) -> None:
        """End the connection. What is pending fails; its work in the sidecar is cancelled."""
        self._heart.cancel()
        self.connection.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _align(self, wanted: bool) -> bool | UnsetType:
        """The wish as a parameter; an older sidecar has no aligner, and would not know the word."""
        return UNSET if wanted or self.server.proto < (1, 2) else False

    async def _transcript(
        self,
        method: str,
        params: msgspec.Struct,
        binaries: tuple[Part, ...],
        timeout_s: float | None,
        on_event: Callable[[TranscriptionEvent], None] | None,
    ) -> Transcript:
        tell = None if on_event is None else lambda event: on_event(event_from_wire(event))
        timeout_s = timeout_s or LIMITS.max_timeout_ms / 1000
        async with self._slots:
            result = await self.connection.call(
                method, params, binaries, timeout_s=timeout_s, on_event=tell
            )
        return transcript_from_wire(cast("TranscribeResult", result))

    async def _beat(self, interval_s: float) -> None:
        """Say something every so often; give up on a sidecar that does not answer.

        Who dictates says a lot, and must notice too if nobody listens any more.
        """
        missed = 0
        while missed < MISSED_PINGS:
            await asyncio.sleep(interval_s)
            now_s, connection = time.monotonic(), self.connection
            if (
                now_s - connection.said_s < interval_s / 2
                and now_s - connection.heard_s < interval_s
            ):
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
        self.connection.close(SidecarRestartedError("The sidecar does not respond any more."))


def _limit(server: HelloResult, name: str) -> int:
    return next(limit.value for limit in server.limits if limit.name == name)
