"""A client's end of the wire: requests out, each with exactly one outcome."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import zmq
from msgspec import UNSET

from sidecar.errors import (
    DeadlineError,
    ParseError,
    SidecarRestartedError,
    SottoError,
    UnauthorizedError,
)
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol.codec import (
    decode_params,
    decode_result,
    decode_server_message,
    encode_notification,
    encode_request,
    error_of,
)
from sidecar.protocol.messages import (
    METHODS,
    CancelParams,
    CreditParams,
    Event,
    EventParams,
    Failure,
    Notification,
    Result,
    StateParams,
)
from sidecar.rpc.auth import KeyPair
from sidecar.rpc.transport import Frames, Part, Pump, client_socket

GRACE_S = 2.0  # the sidecar keeps the deadline; this is for an answer that is on its way
ENDED = "The sidecar ended before it answered: start it again and repeat the call."
REFUSED = "The sidecar does not know this client's key: read its connection file again."
CONNECTION_EVENTS = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)


class Follower(Protocol):
    """What is told of one dictation, in the order in which it comes."""

    def on_event(self, seq: int, event: Event) -> None:
        """Something happened."""
        ...

    def on_credit(self, ack: int, limit: int) -> None:
        """Chunks before `ack` are safe, and those before `limit` may be pushed."""
        ...

    def on_break(self, why: SottoError) -> None:
        """The connection is over. It tells nothing after that."""
        ...


@dataclass(slots=True)
class _Pending:
    """A request that has no outcome yet."""

    wanted: type[msgspec.Struct]
    outcome: asyncio.Future[tuple[msgspec.Struct, Sequence[bytes]]]
    on_event: Callable[[Event], None] | None
    on_result: Callable[[msgspec.Struct], None] | None

    def settle(self, result: Result, binaries: Sequence[bytes]) -> None:
        """The request has its result, which refers to these frames."""
        try:
            found = decode_result(result.result, self.wanted)
            if self.on_result is not None:
                self.on_result(found)
        except Exception as error:  # on_result is the caller's own, so the caller gets it
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result((found, binaries))


class Connection:
    """One connection to one run of a sidecar. Over for good when it breaks.

    Attributes:
        said_s: when something was last sent, on the monotonic clock.
        heard_s: when something last came.

    Args:
        on_state: told when an engine's worker changes state.
    """

    def __init__(
        self, info: ConnectionInfo, on_state: Callable[[StateParams], None] = lambda _: None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_state = on_state
        self._pending: dict[int, _Pending] = {}
        self._followers: dict[int, Follower] = {}
        self._unsent: deque[Sequence[Part]] = deque()
        self._last_id = -1
        self._broken: SottoError | None = None
        self.said_s = self.heard_s = time.monotonic()
        self._context = zmq.Context()
        keys = KeyPair(info.public_key, info.secret_key)
        socket = client_socket(self._context, info.server_key, keys)
        self._socket = socket
        self._monitor = Pump(socket.get_monitor_socket(CONNECTION_EVENTS), self._on_monitor)
        self._pump = Pump(socket, self._on_message, self._send_unsent)
        socket.connect(info.endpoint)

    async def call(
        self,
        method: str,
        params: msgspec.Struct,
        binaries: Sequence[Part] = (),
        *,
        timeout_s: float | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_result: Callable[[msgspec.Struct], None] | None = None,
    ) -> msgspec.Struct:
        """Call a method and wait for its result.

        Cancelling the waiting task tells the sidecar to stop; the late answer is ignored.
        An error that `on_event` raises ends the call in the same way.

        Args:
            method: one of `METHODS`.
            params: the struct that the method takes.
            binaries: the frames that `params` refers to.
            timeout_s: how long the sidecar may take; None for the method's own default.
            on_event: told what happens meanwhile, in order, before this returns.
            on_result: told the result before anything is taken that came behind it.

        Raises:
            SottoError: what the sidecar answered, or SidecarRestartedError.
        """
        result, _ = await self.exchange(
            method, params, binaries, timeout_s=timeout_s, on_event=on_event, on_result=on_result
        )
        return result

    async def exchange(
        self,
        method: str,
        params: msgspec.Struct,
        binaries: Sequence[Part] = (),
        *,
        timeout_s: float | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_result: Callable[[msgspec.Struct], None] | None = None,
    ) -> tuple[msgspec.Struct, Sequence[bytes]]:
        """As `call`; gives the binary frames too that the result refers to."""
        spec = METHODS[method]
        tmo_ms = spec.tmo_ms if timeout_s is None else max(1, round(timeout_s * 1000))
        self._last_id += 1
        id_ = self._last_id
        header = encode_request(id_, method, params, tmo_ms=tmo_ms)
        pending = _Pending(spec.result, self._loop.create_future(), on_event, on_result)
        self._send((header, *binaries))
        self._pending[id_] = pending
        timer = self._loop.call_later(tmo_ms / 1000 + GRACE_S, self._expire, id_, method)
        try:
            return await pending.outcome
        except asyncio.CancelledError:
            self._cancel(id_)
            raise
        finally:
            timer.cancel()
            self._pending.pop(id_, None)

    def notify(self, method: str, params: msgspec.Struct, binaries: Sequence[Part] = ()) -> None:
        """Send a notification. It has no answer.

        Raises:
            SottoError: the connection is over.
        """
        self._send((encode_notification(method, params), *binaries))

    def follow(self, stream: int, follower: Follower) -> None:
        """Have it told of a dictation from now on."""
        self._followers[stream] = follower

    def unfollow(self, stream: int) -> None:
        """Tell of that dictation no more."""
        self._followers.pop(stream, None)

    def close(self, why: SottoError | None = None) -> None:
        """End the connection; what is pending fails with `why`. Harmless a second time."""
        if self._broken is not None:
            return
        self._broken = why or SidecarRestartedError("The connection was closed on this side.")
        for pending in self._pending.values():
            if not pending.outcome.done():
                pending.outcome.set_exception(type(self._broken)(self._broken.message))
        for follower in self._followers.values():
            follower.on_break(self._broken)
        self._followers.clear()
        self._socket.disable_monitor()
        self._monitor.close()
        self._pump.close()
        self._context.term()

    def _send(self, parts: Sequence[Part]) -> None:
        if self._broken is not None:
            raise self._broken
        self.said_s = time.monotonic()
        if self._unsent or not self._pump.send(parts):
            self._unsent.append(parts)

    def _send_unsent(self) -> None:
        while self._unsent and self._pump.send(self._unsent[0]):
            self._unsent.popleft()

    def _cancel(self, id_: int) -> None:
        if self._broken is None:
            self.notify("$/cancel", CancelParams(id=id_))

    def _expire(self, id_: int, method: str) -> None:
        pending = self._pending.get(id_)
        if pending is not None and not pending.outcome.done():
            late = DeadlineError(f"{method} was not answered in time: the sidecar may be stuck.")
            pending.outcome.set_exception(late)
            self._cancel(id_)

    def _on_message(self, frames: Frames) -> None:
        self.heard_s = time.monotonic()
        try:
            message = decode_server_message([frame.buffer for frame in frames])
        except SottoError as error:
            self.close(ParseError(f"The sidecar cannot be understood: {error.message}"))
            return
        if isinstance(message, Notification):
            self._on_notification(message)
            return
        pending = self._pending.get(message.id) if message.id is not None else None
        if pending is None or pending.outcome.done():
            return  # the caller has given up
        if isinstance(message, Failure):
            pending.outcome.set_exception(error_of(message))
        else:
            pending.settle(message, [frame.bytes for frame in frames[1:]])

    def _on_notification(self, message: Notification) -> None:
        try:
            params = decode_params(message)
        except SottoError:
            return  # of a later version
        if isinstance(params, StateParams):
            self._on_state(params)
        elif isinstance(params, EventParams):
            self._on_event(params)
        elif isinstance(params, CreditParams) and params.stream in self._followers:
            self._followers[params.stream].on_credit(params.ack, params.limit)

    def _on_event(self, params: EventParams) -> None:
        if params.stream is not UNSET:
            follower = self._followers.get(params.stream)
            if follower is not None:
                follower.on_event(params.seq, params.event)
        elif params.id is not UNSET:
            self._on_event_of_call(params.id, params.event)

    def _on_event_of_call(self, id_: int, event: Event) -> None:
        pending = self._pending.get(id_)
        if pending is None or pending.on_event is None or pending.outcome.done():
            return
        try:
            pending.on_event(event)
        except Exception as error:  # the caller's own, so the caller gets it
            pending.outcome.set_exception(error)
            self._cancel(id_)

    def _on_monitor(self, frames: Frames) -> None:
        event, _ = struct.unpack("=Hi", frames[0].bytes)
        refused = event == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        # Later: a socket must not be closed from within its own monitor's delivery.
        self._loop.call_soon(
            self.close, UnauthorizedError(REFUSED) if refused else SidecarRestartedError(ENDED)
        )
