"""ZeroMQ sockets driven by an asyncio loop.

Not `zmq.asyncio`: a `send` on a ROUTER awaits for ever when its only peer stops reading,
and every message costs a future and two more turns of the loop. Here the loop watches
the socket's file descriptor, and nothing ever blocks.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import zmq

from sidecar.config import ConfigError
from sidecar.protocol.messages import LIMITS
from sidecar.rpc.auth import ZAP_DOMAIN, ZAP_ENDPOINT, Gatekeeper, KeyPair

BATCH = 32  # messages taken before the loop may do something else
ZERO_COPY_BYTES = 65_536  # below this, copying is cheaper than keeping track
OLDEST_LIBZMQ = (4, 3, 5)  # older ones crash on malformed CURVE commands
# Both count messages. In: a client may pile up so many times the frame limit before it
# has to wait. Out: small answers to a burst, which wait only for ZeroMQ's own thread.
RECEIVED_AHEAD, SENT_AHEAD = 16, 1000
LAST_WORDS_MS = 500
_POLLIN = int(zmq.POLLIN)

Frames: TypeAlias = list[zmq.Frame]
Part: TypeAlias = bytes | bytearray | memoryview


class PeerGoneError(Exception):
    """The client that a message is for has disconnected."""


def check_libzmq() -> None:
    """Refuse a libzmq that cannot encrypt or is too old to be trusted with strangers.

    Raises:
        ConfigError: says what to install.
    """
    if not zmq.has("curve"):
        raise ConfigError("This libzmq has no CURVE encryption: install pyzmq's own wheel.")
    if zmq.zmq_version_info() < OLDEST_LIBZMQ:
        wanted = ".".join(map(str, OLDEST_LIBZMQ))
        raise ConfigError(f"This libzmq is older than {wanted}: update pyzmq.")


class Unread:
    """Bytes of large frames that ZeroMQ holds for one client; its own limit counts messages."""

    def __init__(self) -> None:
        self._held: deque[tuple[zmq.MessageTracker, int]] = deque()

    def add(self, held: zmq.MessageTracker, n_bytes: int) -> None:
        """Count a frame until it is on its way through the connection."""
        self._held.append((held, n_bytes))

    def n_bytes(self) -> int:
        """How many there are now."""
        while self._held and self._held[0][0].done:
            self._held.popleft()
        return sum(n_bytes for _, n_bytes in self._held)


class Pump:
    """Moves the messages of one socket, in the running loop.

    The descriptor of a ZeroMQ socket is edge-triggered and sending may swallow the edge
    (zmq_getsockopt(3), ZMQ_FD), so the socket is looked at again after every send.

    Args:
        socket: becomes ours to close.
        deliver: called with the frames of each message.
        woken: called when the socket has changed, before messages are taken.
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        deliver: Callable[[Frames], None],
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self._socket = socket
        self._deliver = deliver
        self._woken = woken
        self._loop = asyncio.get_running_loop()
        self._fd = int(socket.getsockopt(zmq.FD))
        self._draining = False
        self._look_scheduled = False
        self._loop.add_reader(self._fd, self._drain)
        self._look_soon()

    def send(self, parts: Sequence[Part], unread: Unread | None = None) -> bool:
        """Send a message if there is room; False if there is none now.

        Args:
            parts: its frames.
            unread: where large ones are counted.

        Raises:
            PeerGoneError: a ROUTER knows no such client (any more).
        """
        last = len(parts) - 1
        try:
            for index, part in enumerate(parts):
                flags = zmq.NOBLOCK | (zmq.SNDMORE if index < last else 0)
                if len(part) < ZERO_COPY_BYTES:
                    self._socket.send(part, flags)
                elif unread is None:
                    self._socket.send(part, flags, copy=False)
                else:
                    held = self._socket.send(part, flags, copy=False, track=True)
                    unread.add(held, len(part))
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno == zmq.EHOSTUNREACH:
                raise PeerGoneError from error
            raise
        finally:
            self._look_soon()
        return True

    def drain_now(self) -> None:
        """Take all that has come, without waiting for the loop to notice."""
        while self._take(BATCH):
            pass

    def close(self, linger_ms: int = 0) -> None:
        """Stop and close the socket. What is unsent may still leave for `linger_ms`."""
        if not self._socket.closed:
            self._loop.remove_reader(self._fd)
            self._socket.close(linger_ms)

    def _look_soon(self) -> None:
        if not (self._draining or self._look_scheduled):
            self._look_scheduled = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._look_scheduled = False
        if not self._socket.closed and self._has_message():
            self._drain()

    def _has_message(self) -> bool:
        # Half the price of the exception that an attempt to receive would cost.
        return bool(int(self._socket.getsockopt(zmq.EVENTS)) & _POLLIN)

    def _drain(self) -> None:
        if self._draining or self._socket.closed:
            return
        self._draining = True
        more = True  # also if a delivery raises: no edge would tell of the messages behind it
        try:
            self._woken()
            more = self._take(BATCH)
        finally:
            self._draining = False
            if more:
                self._look_soon()

    def _take(self, count: int) -> bool:
        """Deliver up to `count` messages; whether there may be more."""
        for _ in range(count):
            # The last delivery may have closed the socket.
            if self._socket.closed or not self._has_message():
                return False
            self._deliver(self._socket.recv_multipart(zmq.NOBLOCK, copy=False))
        return True


class Listener:
    """The sidecar's socket: receives from admitted clients, sends to each by its route.

    Args:
        keys: the sidecar's own pair.
        gatekeeper: decides who may connect.
        deliver: called with (role, route, frames) of each message.
        gone: called with the descriptor of a connection that ended.
        woken: called when a client that was full may have room again.
    """

    def __init__(
        self,
        keys: KeyPair,
        gatekeeper: Gatekeeper,
        deliver: Callable[[str, zmq.Frame, Frames], None],
        gone: Callable[[int], None],
        woken: Callable[[], None],
    ) -> None:
        self._context = zmq.Context()
        self._gatekeeper = gatekeeper
        self._deliver = deliver
        self._gone = gone
        self._zap = self._open_gate()
        self._socket = self._context.socket(zmq.ROUTER)
        _configure_server(self._socket, keys)
        monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._monitor = Pump(monitor, self._on_monitor)
        self._pump = Pump(self._socket, self._on_message, woken)

    def bind(self, socket_dir: Path | None) -> str:
        """Listen in that folder, or on loopback if there is none. Returns the address."""
        if socket_dir is None:
            self._socket.bind("tcp://127.0.0.1:*")
        else:
            self._socket.bind(f"ipc://{socket_dir / 'rpc'}")
        return bytes(self._socket.getsockopt(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode()

    def send(self, route: bytes, frames: Sequence[Part], unread: Unread | None = None) -> bool:
        """As `Pump.send`."""
        return self._pump.send((route, *frames), unread)

    def notice_departures(self) -> None:
        """Report connections that ended until now.

        Before a new client is believed in: the system may have given it the descriptor
        of one that left.
        """
        self._monitor.drain_now()

    def close(self) -> None:
        """Close everything; the last answers get half a second to leave."""
        self._socket.disable_monitor()
        self._monitor.close()
        self._pump.close(LAST_WORDS_MS)
        self._zap.close()
        self._context.term()

    def _open_gate(self) -> Pump:
        socket = self._context.socket(zmq.REP)
        socket.bind(ZAP_ENDPOINT)

        def answer(frames: Frames) -> None:
            gate.send(self._gatekeeper.answer([frame.bytes for frame in frames]))

        gate = Pump(socket, answer)
        return gate

    def _on_message(self, frames: Frames) -> None:
        route = frames[0]
        self._deliver(str(route.get("User-Id")), route, frames[1:])

    def _on_monitor(self, frames: Frames) -> None:
        _, descriptor = struct.unpack("=Hi", frames[0].bytes)  # zmq_socket_monitor(3)
        self._gone(descriptor)


def descriptor_of(frame: zmq.Frame) -> int:
    """The descriptor of the connection that a frame came from, as departures name it."""
    return int(frame.get(zmq.SRCFD))


def client_socket(
    context: zmq.Context[zmq.Socket[bytes]], server_key: str, keys: KeyPair
) -> zmq.Socket[bytes]:
    """A client's socket, to be connected. It never reconnects: the next sidecar has other keys."""
    socket = context.socket(zmq.DEALER)
    _configure(socket)
    socket.setsockopt(zmq.RECONNECT_IVL, -1)
    socket.setsockopt(zmq.CURVE_SERVERKEY, server_key.encode())
    socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public.encode())
    socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret.encode())
    return socket


def _configure(socket: zmq.Socket[bytes]) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, LIMITS.max_frame_bytes)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 5000)
    # No HEARTBEAT_IVL: where a peer leaves while its messages wait to be taken, libzmq 4.3.5
    # ends the process with its next heartbeat (zeromq/libzmq issue 4364). `sys.ping` finds
    # who is stuck, and the system tells who is gone.


def _configure_server(socket: zmq.Socket[bytes], keys: KeyPair) -> None:
    _configure(socket)
    socket.setsockopt(zmq.SNDHWM, SENT_AHEAD)
    socket.setsockopt(zmq.RCVHWM, RECEIVED_AHEAD)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret.encode())
    socket.setsockopt(zmq.ZAP_DOMAIN, ZAP_DOMAIN.encode())
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without our gatekeeper: nobody
    # ROUTER_HANDOVER stays off: with it, a guest that chose an owner's routing id would
    # get the owner's answers.
