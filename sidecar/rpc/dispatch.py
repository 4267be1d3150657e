"""From a message to its handler, and from what comes of it to exactly one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from sidecar import errors
from sidecar.protocol.codec import (
    Refused,
    decode_client_message,
    decode_params,
    encode_failure,
    encode_notification,
    encode_result,
)
from sidecar.protocol.messages import (
    METHODS,
    Binary,
    CancelParams,
    Event,
    EventParams,
    Limits,
    Notification,
    Request,
)
from sidecar.rpc.peers import Peer, Running, close
from sidecar.rpc.telling import Post, tell
from sidecar.telemetry.logs import EventLog

HELLO, SHUTDOWN, PUSH = "sys.hello", "sys.shutdown", "asr.stream.push"


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way through a handler."""

    peer: Peer
    running: Running
    binaries: Sequence[memoryview]
    _post: Post
    _limits: Limits

    def emit(self, event: Event) -> None:
        """Tell the client that something happened, unless it has its answer already."""
        if not self.running.answered:
            tell(self.peer, self.running.id, event, self._numbered, self._post)

    def expect(self, n_bytes: int) -> None:
        """Count what will be attached as under way.

        Raises:
            BusyError: with that it would be too much.
        """
        _check_bytes(self.peer, n_bytes, self._limits)
        self.running.binary_bytes += n_bytes

    def attach(self, binary: bytes) -> Binary:
        """Have a binary frame go with the result, which is to refer to it so."""
        self.running.attached.append(binary)
        return Binary(bin=len(self.running.attached) - 1)

    def _numbered(self, event: Event) -> bytes:
        seq, self.running.next_seq = self.running.next_seq, self.running.next_seq + 1
        return encode_notification("$/event", EventParams(id=self.running.id, seq=seq, event=event))


Handler: TypeAlias = Callable[[Call, Any], msgspec.Struct | Coroutine[Any, Any, msgspec.Struct]]
"""Takes a call and its decoded parameters. What returns at once runs on the loop itself."""

NoticeHandler: TypeAlias = Callable[[Peer, Any, Sequence[memoryview]], None]
"""Takes a client's notification: its decoded parameters and its binary frames, on the loop."""


class Dispatcher:
    """Checks requests, runs their handlers, keeps deadlines, answers once.

    Args:
        handlers: by method name.
        notices: what takes the notifications that clients send, by name.
        lose: called with a client that cannot be served any more, and why.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        notices: Mapping[str, NoticeHandler],
        limits: Limits,
        log: EventLog,
        lose: Callable[[Peer, str], None],
    ) -> None:
        self._handlers = handlers
        self._notices: Mapping[str, NoticeHandler] = {"$/cancel": self._cancel, **notices}
        self._limits = limits
        self._log = log
        self._lose = lose
        self.requests = 0
        self.bad_frames = 0
        self.closing = False

    def take(self, peer: Peer, frames: Sequence[memoryview]) -> None:
        """Deal with one message of a client."""
        message = decode_client_message(frames)
        if isinstance(message, Request):
            self._take_request(peer, message, frames[1:])
        elif isinstance(message, Notification):
            self._take_notification(peer, message, frames[1:])
        else:
            self._complain(peer, message)

    def post(self, peer: Peer, header: bytes, binaries: Sequence[bytes] = ()) -> None:
        """Send a client what it must get."""
        if not peer.outbox.put(header, binaries):
            self._lose(peer, "overflow")

    def stop(self, peer: Peer, running: Running, why: errors.SottoError) -> None:
        """Answer a request with `why` and end the work on it."""
        running.attached.clear()
        self._answer(peer, running, encode_failure(running.id, why))
        close(running)

    def _take_request(self, peer: Peer, request: Request, binaries: Sequence[memoryview]) -> None:
        self.requests += 1
        size = sum(len(binary) for binary in binaries)
        running = Running(request.id, request.method, size)
        call = Call(peer, running, binaries, self.post, self._limits)
        try:
            self._check(peer, request, running)
            self._log.debug("request", method=request.method, id=request.id)
            params = decode_params(request)
            answer = self._handlers[request.method](call, params)
            if not isinstance(answer, msgspec.Struct):
                self._start(call, request, answer)
                return
            header = encode_result(running.id, answer)
        except Exception as error:
            header = self._failure(running, error)
        self._answer(peer, running, header)

    def _check(self, peer: Peer, request: Request, running: Running) -> None:
        if request.id <= peer.last_id:
            raise errors.InvalidRequestError(
                f"Request id {request.id} is not above {peer.last_id}: ids must rise."
            )
        peer.last_id = request.id
        if not peer.greeted and request.method != HELLO:
            raise errors.NotReadyError("Call sys.hello first.")
        spec = METHODS.get(request.method)
        if spec is None or request.method not in self._handlers:
            raise errors.UnknownMethodError(
                "There is no such method: compare the version that sys.hello answered."
            )
        if spec.who == "owner" and peer.role != "owner":
            raise errors.UnauthorizedError(f"Only the owner's key may call {request.method}.")
        self._check_load(peer, running)

    def _check_load(self, peer: Peer, running: Running) -> None:
        wait_s = peer.rate.take()
        if wait_s:
            raise errors.BusyError(
                "Too many messages: send fewer per second.", retry_after_ms=int(wait_s * 1000) + 1
            )
        if self.closing:
            raise errors.BusyError("The sidecar is shutting down.", retry_after_ms=1000)
        if len(peer.running) >= self._limits.max_pending:
            raise errors.BusyError(
                "Too many requests wait for an answer: await some first.", retry_after_ms=100
            )
        _check_bytes(peer, running.binary_bytes, self._limits)

    def _start(
        self, call: Call, request: Request, work: Coroutine[Any, Any, msgspec.Struct]
    ) -> None:
        peer, running = call.peer, call.running
        loop = asyncio.get_running_loop()
        late = errors.DeadlineError(
            f"{request.method} took longer than the {request.meta.tmo} ms it was given."
        )
        running.timer = loop.call_later(request.meta.tmo / 1000, self.stop, peer, running, late)
        peer.running[running.id] = running
        running.task = loop.create_task(self._finish(peer, running, work))

    async def _finish(
        self, peer: Peer, running: Running, work: Coroutine[Any, Any, msgspec.Struct]
    ) -> None:
        try:
            header = encode_result(running.id, await work)
        except asyncio.CancelledError:
            header = self._failure(running, errors.CancelledError("The work was cancelled."))
        except Exception as error:
            header = self._failure(running, error)
        finally:
            peer.running.pop(running.id, None)
        self._answer(peer, running, header)

    def _answer(self, peer: Peer, running: Running, header: bytes) -> None:
        if running.answered:
            return
        running.answered = True
        if running.timer is not None:
            running.timer.cancel()
        self.post(peer, header, running.attached)
        if running.then is not None:
            running.then()

    def _failure(self, running: Running, error: Exception) -> bytes:
        running.attached.clear()
        if isinstance(error, errors.SottoError) and hasattr(error, "kind"):
            return encode_failure(running.id, error)
        log_id = self._log.fault("request-failed", error)
        message = f"Something went wrong inside the sidecar: see {log_id} in its log."
        return encode_failure(running.id, errors.InternalError(message, detail=log_id))

    def _take_notification(
        self, peer: Peer, message: Notification, binaries: Sequence[memoryview]
    ) -> None:
        # A push is held back by its credit, and would leave a gap if it were ignored.
        if message.method != PUSH and peer.rate.take():
            return
        try:
            params = decode_params(message)
        except errors.UnknownMethodError:
            return  # of a later version; nobody waits for an answer
        except errors.SottoError as error:
            self._complain(peer, Refused(None, error))
            return
        handler = self._notices.get(message.method)
        if handler is not None:
            handler(peer, params, binaries)

    def _cancel(self, peer: Peer, params: CancelParams, _: Sequence[memoryview]) -> None:
        running = peer.running.get(params.id)
        if running is not None:
            self.stop(peer, running, errors.CancelledError("The request was cancelled."))

    def _complain(self, peer: Peer, refused: Refused) -> None:
        """Count a malformed message; say so, but not to whoever sends nothing else."""
        self.bad_frames += 1
        if peer.bad_frames.add():
            self._lose(peer, "malformed")
        elif refused.id is not None or not peer.complaints.take():
            self.post(peer, encode_failure(refused.id, refused.error))


def _check_bytes(peer: Peer, more: int, limits: Limits) -> None:
    if peer.in_flight_bytes + more > limits.max_in_flight_bytes:
        raise errors.BusyError(
            "Too much audio waits for an answer, or to be read: await some first.",
            retry_after_ms=100,
        )
