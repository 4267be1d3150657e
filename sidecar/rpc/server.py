"""The sidecar's end of the wire, put together: clients in, answers out, an orderly exit.

Listener -> Server (who is it?) -> Dispatcher (may it?) -> Handlers -> Outbox -> Listener
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import zmq
from msgspec import UNSET

from sidecar.clock import Clock, SystemClock
from sidecar.errors import BusyError, CancelledError
from sidecar.protocol.codec import (
    decode_client_message,
    encode_failure,
    encode_notification,
)
from sidecar.protocol.messages import (
    LIMITS,
    PROTOCOL_VERSION,
    ChangedParams,
    EngineState,
    Limits,
    Notification,
    StateParams,
)
from sidecar.rpc.auth import Gatekeeper, KeyPair, Role
from sidecar.rpc.config import ConfigHandlers
from sidecar.rpc.dispatch import SHUTDOWN, Dispatcher
from sidecar.rpc.handlers import Counts, Handlers
from sidecar.rpc.history import HistoryHandlers
from sidecar.rpc.journal import JournalHandlers
from sidecar.rpc.models import ModelHandlers
from sidecar.rpc.peers import Peer, PeerKey, Peers
from sidecar.rpc.polishing import PolishHandlers
from sidecar.rpc.services import Services
from sidecar.rpc.shelf import Shelf
from sidecar.rpc.streaming import StreamHandlers
from sidecar.rpc.streams import Common, Streams
from sidecar.rpc.transport import Frames, Listener, PeerGoneError, descriptor_of
from sidecar.rpc.uploads import Uploads
from sidecar.telemetry.logs import EventLog

SWEEP_S = 0.25
LAST_ANSWERS_S = 1.0
BREAK_OFF_S = 1.0  # for dictations, also if nothing else may take time: their audio is put away


class Server:
    """Serves clients from `bind` until `run` returns.

    Attributes:
        proto: major and minor version of the protocol.
        handlers: by method name; what is added before `bind` is served too.
        met_a_client: set once a client was greeted.

    Args:
        keys: the sidecar's own pair.
        allowed: role by public key of the clients that may connect.
    """

    proto = PROTOCOL_VERSION

    def __init__(
        self,
        keys: KeyPair,
        allowed: Mapping[str, Role],
        services: Services,
        *,
        log: EventLog,
        limits: Limits = LIMITS,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self._log = log
        self._shares_files = False
        self._streams = Streams(Common(limits, clock, self._post))
        self._peers = Peers(
            limits,
            clock,
            self._send,
            lambda: Uploads(limits, services.upload_folder),
            lambda: Shelf(limits, services.upload_folder if self._shares_files else None),
            on_drop=self._streams.detach,
        )
        self._clock = clock
        streaming = StreamHandlers(services, self._streams, limits)
        self.handlers = {
            **Handlers(services, self, limits, clock).table(),
            **streaming.table(),
            **JournalHandlers(services).table(),
            **ModelHandlers(services).table(),
            **PolishHandlers().table(),
            **HistoryHandlers(services, self.tell_changed).table(),
            **ConfigHandlers(services, self.tell_changed).table(),
        }
        self._dispatcher = Dispatcher(
            self.handlers, streaming.notices(), limits, log, self._misbehaved
        )
        self._listener = Listener(
            keys, Gatekeeper(allowed), self._take, self._disconnected, self._flush
        )
        self._dropped = 0
        self.met_a_client = asyncio.Event()
        self._asked_to_stop = asyncio.Event()
        self._drained = asyncio.Event()
        self._drain_until_s = float("inf")

    def bind(self, socket_dir: Path | None) -> str:
        """Start to listen, in that folder or on loopback. Returns the address."""
        self._shares_files = socket_dir is not None  # who reaches that folder reaches others
        return self._listener.bind(socket_dir)

    async def run(self) -> None:
        """Serve until asked to stop; then finish, answer everything and close."""
        sweeping = asyncio.create_task(self._sweep_forever())
        try:
            await self._asked_to_stop.wait()
            self._dispatcher.closing = True
            await asyncio.gather(self._drain(), self._break_off_dictations())
            self._drained.set()
            await self._send_last_answers()
        finally:
            sweeping.cancel()
            for peer in self._peers:
                self._peers.drop(peer)
            self._listener.close()

    def stop_soon(self, drain_s: float) -> None:
        """Begin the exit; running requests get `drain_s`. The shortest time asked for counts."""
        self._drain_until_s = min(self._drain_until_s, self._clock.now_s() + drain_s)
        self._asked_to_stop.set()

    async def shut_down(self, drain_s: float) -> None:
        """As `stop_soon`; returns once all other requests are answered."""
        self.stop_soon(drain_s)
        await self._drained.wait()

    def counts(self) -> Counts:
        """The server's counters."""
        return Counts(
            clients=len(self._peers),
            pending=sum(len(peer.running) for peer in self._peers),
            uploads=sum(len(peer.uploads) for peer in self._peers),
            requests=self._dispatcher.requests,
            bad_frames=self._dispatcher.bad_frames,
            dropped_clients=self._dropped,
            streams=len(self._streams),
            ignored_pushes=self._streams.ignored_pushes,
        )

    def greeted(self) -> None:
        """A client was told hello."""
        self.met_a_client.set()

    def tell_state(self, engine: str, state: EngineState, message: str) -> None:
        """Tell every client that an engine's worker changed state."""
        params = StateParams(engine=engine, state=state, message=message[:1024] or UNSET)
        self._tell_all(("state", engine), encode_notification("$/state", params))

    def tell_changed(self, what: Literal["history", "config"]) -> None:
        """Tell every client that what it may have read before is not so any more."""
        self._tell_all(
            ("changed", what), encode_notification("$/changed", ChangedParams(what=what))
        )

    def _tell_all(self, key: tuple[str, str], header: bytes) -> None:
        for peer in self._peers:
            if peer.greeted:
                peer.outbox.put_latest(key, header)

    def _take(self, role: str, route: zmq.Frame, frames: Frames) -> None:
        key = (role, route.bytes)
        peer = self._peers.get(key)
        if peer is None:
            if self._peers.is_banished(key):
                return
            self._listener.notice_departures()
            try:
                peer = self._peers.admit(key, descriptor_of(route))
            except BusyError as error:
                self._turn_away(key, frames, error)
                return
        peer.last_heard_s = self._clock.now_s()
        self._dispatcher.take(peer, [frame.buffer for frame in frames])

    def _turn_away(self, key: PeerKey, frames: Frames, why: BusyError) -> None:
        message = decode_client_message([frame.buffer for frame in frames])
        if not isinstance(message, Notification):
            self._send(key, (encode_failure(message.id, why),))

    def _send(self, key: PeerKey, frames: Sequence[bytes]) -> bool:
        peer = self._peers.get(key)
        try:
            return self._listener.send(key[1], frames, peer.unread if peer else None)
        except PeerGoneError:
            if peer is not None:
                asyncio.get_running_loop().call_soon(self._peers.drop, peer)
            return True  # there is nobody to keep it for

    def _post(self, peer: Peer, header: bytes) -> None:
        self._dispatcher.post(peer, header)

    def _flush(self) -> None:
        for peer in self._peers:
            peer.outbox.flush()

    def _disconnected(self, descriptor: int) -> None:
        for peer in self._peers:
            if peer.descriptor == descriptor:
                self._peers.drop(peer)

    def _misbehaved(self, peer: Peer, why: str) -> None:
        self._lose(peer, why)
        self._peers.banish(peer)

    def _lose(self, peer: Peer, why: str) -> None:
        self._dropped += 1
        self._log.warning("client-dropped", why=why, role=peer.role)
        self._peers.drop(peer)

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._flush()
            for peer, why in self._peers.overdue():
                self._lose(peer, why)
            self._streams.expire()

    async def _break_off_dictations(self) -> None:
        await self._streams.break_off(max(self._drain_until_s - self._clock.now_s(), BREAK_OFF_S))

    async def _drain(self) -> None:
        """Let running requests finish while there is time, then cancel what is left."""
        working = {
            running.task: (peer, running)
            for peer in self._peers
            for running in peer.running.values()
            if running.task is not None and running.method != SHUTDOWN
        }
        if working:
            left_s = self._drain_until_s - self._clock.now_s()
            await asyncio.wait(working, timeout=max(left_s, 0))
        why = CancelledError("The sidecar is shutting down.")
        for peer, running in working.values():
            self._dispatcher.stop(peer, running, why)

    async def _send_last_answers(self) -> None:
        """Give answers that are due the time to leave."""
        deadline_s = self._clock.now_s() + LAST_ANSWERS_S
        while self._clock.now_s() < deadline_s:
            await asyncio.sleep(0.01)
            self._flush()
            if not any(peer.running or len(peer.outbox) for peer in self._peers):
                return
