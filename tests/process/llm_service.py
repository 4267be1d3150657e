"""A service that cleans text as an OpenAI-compatible one does, and misbehaves when told to.

    python -m tests.process.llm_service --port 0

prints its base address and serves until it is ended. It takes out "um", writes the first
letter large and a full stop at the end, word by word. A request for the model `trick:NAME`
is answered by that trick instead: see `TRICKS`.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, TypeAlias

_TAGGED = re.compile(r"<(dictation[^>]*)>\n(.*)\n</\1>", re.DOTALL)
_FILLERS = re.compile(r"\b(?:um|uh)\b,?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """What is to be cleaned."""
        tagged = _TAGGED.fullmatch(self.body["messages"][-1]["content"])
        assert tagged, "the text does not stand between tags"
        return tagged[2]


class LlmServer:
    """The service, on loopback.

    Attributes:
        tricks: what to do at the next requests, in place of cleaning.
        asked: all requests, in order.
        ways: where it was asked to lead to, as a proxy.
        stalled: released each time that it begins to write nothing more.
        left: released each time that a client ended its connection before the answer was over.
    """

    def __init__(self, port: int = 0) -> None:
        self.tricks: deque[Trick] = deque()
        self.asked: list[Asked] = []
        self.ways: list[str] = []
        self.stalled = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        self.closing = threading.Event()
        handler = type("Bound", (Answering,), {"service": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> LlmServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve in this thread, until it is interrupted."""
        self._server.serve_forever()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is nothing to report."""


class Answering(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    protocol_version = "HTTP/1.1"
    service: LlmServer

    def do_POST(self) -> None:
        """Clean a text, or do a trick."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.service.asked.append(asked)
        name = str(body.get("model", "")).removeprefix("trick:")
        if self.service.tricks:
            trick = self.service.tricks.popleft()
        elif self.path != "/v1/chat/completions":
            trick = fail(404)
        else:
            trick = TRICKS.get(name, clean)
        try:
            trick(self, asked)
        except OSError:
            self.close_connection = True
            self.service.left.release()

    def do_CONNECT(self) -> None:
        """Be a proxy that was asked for a way, and has none."""
        self.service.ways.append(self.path)
        self.tell(502, b"{}")

    def do_GET(self) -> None:
        """There is nothing to get."""
        self.tell(404, b"{}")

    def tell(self, status: int, body: bytes, **headers: str) -> None:
        """Answer at once."""
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self, content_type: str = "text/event-stream") -> None:
        """Begin a stream of events."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def put(self, data: bytes) -> None:
        """A part of the stream."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def write(self, text: str, **more: Any) -> None:
        """Some of the text that the model writes."""
        self.event({"delta": {"content": text}, **more})

    def event(self, choice: dict[str, Any]) -> None:
        """One chunk, as the protocol has it."""
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "polisher",
            "choices": [{"index": 0, "finish_reason": None, **choice}],
        }
        self.put(b"data: %s\n\n" % json.dumps(chunk).encode())

    def end(self, reason: str = "stop") -> None:
        """End the answer as it should end."""
        self.event({"delta": {}, "finish_reason": reason})
        self.put(b"data: [DONE]\n\n")
        self.put(b"")

    def wait(self, seconds: float | None = None) -> None:
        """Do nothing until the client leaves or the service is closed, or for so long."""
        self.service.stalled.release()
        self.connection.settimeout(0.05)
        waited_s = 0.0
        while not self.service.closing.is_set() and (seconds is None or waited_s < seconds):
            try:
                if self.connection.recv(1) == b"":
                    raise ConnectionAbortedError
            except TimeoutError:
                waited_s += 0.05
        self.connection.settimeout(None)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as it is inherited)
        """Say nothing."""


Trick: TypeAlias = Callable[[Answering, Asked], None]


def cleaned(text: str) -> str:
    """The text without "um", with a large first letter and a full stop."""
    plain = _FILLERS.sub("", text).strip()
    ending = "" if plain[-1:] in tuple(".!?。！？") else "."  # noqa: RUF001
    return plain[:1].upper() + plain[1:] + ending


def words(text: str) -> Iterator[str]:
    """The text in bits, as models write it."""
    yield from re.findall(r"\s*\S{1,8}", text)


def clean(answering: Answering, asked: Asked) -> None:
    """Write the cleaned text."""
    says(*words(cleaned(asked.text)))(answering, asked)


def says(*bits: str, reason: str = "stop") -> Trick:
    """Write this."""

    def trick(answering: Answering, _: Asked) -> None:
        answering.begin()
        answering.event({"delta": {"role": "assistant", "content": ""}})
        for bit in bits:
            answering.write(bit)
        answering.end(reason)

    return trick


def fail(status: int, body: object = None, **headers: str) -> Trick:
    """Answer with an error, which quotes what was sent as careless services do."""

    def trick(answering: Answering, asked: Asked) -> None:
        quoted = {"error": {"message": f"{asked.headers.get('authorization')} {asked.text}"}}
        answering.tell(status, json.dumps(body or quoted).encode(), **headers)

    return trick


def tell_bytes(data: bytes, content_type: str = "text/event-stream") -> Trick:
    """Answer with just these bytes."""

    def trick(answering: Answering, _: Asked) -> None:
        answering.begin(content_type)
        answering.put(data)
        answering.put(b"")

    return trick


def hang(after: Iterable[str] = ()) -> Trick:
    """Write that, then nothing, until the client leaves."""
    bits = tuple(after)

    def trick(answering: Answering, _: Asked) -> None:
        if bits:
            answering.begin()
        for bit in bits:
            answering.write(bit)
        answering.wait()

    return trick


def keep_alive(answering: Answering, _: Asked) -> None:
    """Write comments only, for ever."""
    answering.begin()
    while not answering.service.closing.is_set():
        answering.put(b": still here\n\n")
        answering.wait(0.1)


def trickle(answering: Answering, asked: Asked) -> None:
    """Write the cleaned text slowly."""
    answering.begin()
    for bit in words(cleaned(asked.text)):
        answering.write(bit)
        answering.wait(0.2)
    answering.end()


def break_off(answering: Answering, _: Asked) -> None:
    """Write a little, then tear the connection."""
    answering.begin()
    answering.write("Hel")
    answering.wfile.flush()
    linger = struct.pack("ii", 1, 0)  # the connection is reset
    answering.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    answering.connection.close()
    raise ConnectionAbortedError


def end_early(answering: Answering, asked: Asked) -> None:
    """Write half of it and end as if that were all."""
    answering.begin()
    answering.write(cleaned(asked.text)[: len(asked.text) // 2])
    answering.put(b"")


def write_for_ever(answering: Answering, _: Asked) -> None:
    """Write words until nobody listens."""
    answering.begin()
    while not answering.service.closing.is_set():
        answering.write("and so on " * 100)


def send_for_ever(answering: Answering, _: Asked) -> None:
    """Send one event that never ends, until nobody listens."""
    answering.begin()
    answering.put(b"data: ")
    while not answering.service.closing.is_set():
        answering.put(b"a" * 65_536)


TRICKS: dict[str, Trick] = {
    "answers": says("Sure, here you are!"),
    "refuses-key": fail(401),
    "busy": fail(429, retry_after="7"),
    "unknown-model": fail(404),
    "trouble": fail(500),
    "silent": hang(),
    "stops": hang(["Hel"]),
    "slow": trickle,
    "breaks-off": break_off,
}


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="Clean text as an OpenAI-compatible service does.")
    parser.add_argument("--port", type=int, default=0)
    server = LlmServer(parser.parse_args().port)
    print(server.url, flush=True)  # noqa: T201
    server.serve()


if __name__ == "__main__":
    main()
