"""A client's end of the wire: requests out, each with exactly one outcome."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import zmq

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


@dataclass(slots=True)
class _Pending:
    """A request that has no outcome yet."""

    outcome: asyncio.Future[Result]
    on_event: Callable[[Event], None] | None


class Connection:
    """One connection to one run of a sidecar. Over for good when it breaks.

    Attributes:
        said_s: when something was last sent, on the monotonic clock.

    Args:
        on_state: told when an engine's worker changes state.
    """

    def __init__(
        self, info: ConnectionInfo, on_state: Callable[[StateParams], None] = lambda _: None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_state = on_state
        self._pending: dict[int, _Pending] = {}
        self._unsent: deque[Sequence[Part]] = deque()
        self._last_id = -1
        self._broken: SottoError | None = None
        self.said_s = time.monotonic()
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

        Raises:
            SottoError: what the sidecar answered, or SidecarRestartedError.
        """
        spec = METHODS[method]
        tmo_ms = spec.tmo_ms if timeout_s is None else max(1, round(timeout_s * 1000))
        self._last_id += 1
        id_ = self._last_id
        header = encode_request(id_, method, params, tmo_ms=tmo_ms)
        pending = _Pending(self._loop.create_future(), on_event)
        self._send((header, *binaries))
        self._pending[id_] = pending
        timer = self._loop.call_later(tmo_ms / 1000 + GRACE_S, self._expire, id_, method)
        try:
            result = await pending.outcome
        except asyncio.CancelledError:
            self._cancel(id_)
            raise
        finally:
            timer.cancel()
            self._pending.pop(id_, None)
        return decode_result(result.result, spec.result)

    def close(self, why: SottoError | None = None) -> None:
        """End the connection; what is pending fails with `why`. Harmless a second time."""
        if self._broken is not None:
            return
        self._broken = why or SidecarRestartedError("The connection was closed on this side.")
        for pending in self._pending.values():
            if not pending.outcome.done():
                pending.outcome.set_exception(type(self._broken)(self._broken.message))
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
            self._send((encode_notification("$/cancel", CancelParams(id=id_)),))

    def _expire(self, id_: int, method: str) -> None:
        pending = self._pending.get(id_)
        if pending is not None and not pending.outcome.done():
            late = DeadlineError(f"{method} was not answered in time: the sidecar may be stuck.")
            pending.outcome.set_exception(late)
            self._cancel(id_)

    def _on_message(self, frames: Frames) -> None:
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
            pending.outcome.set_result(message)

    def _on_notification(self, message: Notification) -> None:
        try:
            params = decode_params(message)
        except SottoError:
            return  # of a later version
        if isinstance(params, StateParams):
            self._on_state(params)
        elif isinstance(params, EventParams):
            self._on_event(params)

    def _on_event(self, params: EventParams) -> None:
        pending = self._pending.get(params.id)
        if pending is None or pending.on_event is None or pending.outcome.done():
            return
        try:
            pending.on_event(params.event)
        except Exception as error:  # the caller's own, so the caller gets it
            pending.outcome.set_exception(error)
            self._cancel(params.id)

    def _on_monitor(self, frames: Frames) -> None:
        event, _ = struct.unpack("=Hi", frames[0].bytes)
        refused = event == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        # Later: a socket must not be closed from within its own monitor's delivery.
        self._loop.call_soon(
            self.close, UnauthorizedError(REFUSED) if refused else SidecarRestartedError(ENDED)
        )
