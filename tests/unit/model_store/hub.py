"""A hub of models on this machine, which misbehaves when a test says so."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np

REPO = "owner/model"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_secret"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Asked:
    """One request, as it came."""

    path: str
    headers: dict[str, str]


class Hub:
    """Serves files as Hugging Face, as ModelScope and as a plain folder, on loopback.

    Attributes:
        files: content by name.
        lfs: names of files that it lists with a SHA-256; the others have a git blob's SHA-1.
        etags: version by name, in place of one made from the content.
        tricks: what to do at the next requests for a file, in place of serving it.
        asked: all requests for files, in order.
        stalled: released each time that a request stalls.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = dict(files)
        self.lfs = set(files)
        self.etags: dict[str, str] = {}
        self.listed: dict[str, Any] = {}
        self.page_size = 1000
        self.commit = COMMIT
        self.tricks: defaultdict[str, list[Trick]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.stalled = threading.Semaphore(0)
        self.closing = threading.Event()
        handler = type("Bound", (_Handler,), {"hub": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Hub:
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
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def spans(self, name: str) -> list[str]:
        """The Range headers of the requests for a file, in order."""
        found = [one for one in self.asked if one.path.endswith("/" + name)]
        return [one.headers.get("range", "") for one in found]

    def etag(self, name: str) -> str:
        return self.etags.get(name, f'"{sha256(self.files[name])[:16]}"')


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever asked is gone: that is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        try:
            self._answer()
        except OSError:
            self.close_connection = True  # whoever asked is gone

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        if path.startswith("/api/"):
            self._tell(path, query)
            return
        name = next((name for name in self.hub.files if path.endswith("/" + name)), "")
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.hub.asked.append(Asked(path, headers))
        tricks = self.hub.tricks[name]
        if tricks:
            tricks.pop(0)(self)
        elif name:
            self.serve(name)
        else:
            self.reply(404, b"")

    def serve(self, name: str = "", content: bytes | None = None) -> None:
        """Answer as a good server does."""
        name = name or self.path.partition("?")[0].rpartition("/")[2]
        content = self.hub.files[name] if content is None else content
        headers = {"ETag": self.hub.etag(name), "Accept-Ranges": "bytes"}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", self.hub.etag(name)) == self.hub.etag(name)
        if found is None or not same:
            self.reply(200, content, headers)
            return
        first, last = int(found[1]), min(int(found[2]), len(content) - 1)
        if first >= len(content):
            self.reply(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self.reply(206, content[first : last + 1], headers)

    def reply(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _tell(self, path: str, query: str) -> None:
        hub = self.hub
        tricks = hub.tricks["api"]
        if tricks:
            tricks.pop(0)(self)
        elif path == f"/api/models/{REPO}/revision/main":
            self._json({"sha": hub.commit, "id": REPO})
        elif path == f"/api/models/{REPO}/tree/{hub.commit}":
            page = int(query.rpartition("page=")[2] or 0) if "page=" in query else 0
            nodes = [{"type": "directory", "path": "folder", "oid": "0" * 40, "size": 0}]
            nodes += [hub.listed.get(name, self._hf_node(name)) for name in hub.files]
            nodes += [node for name, node in hub.listed.items() if name not in hub.files]
            following = f'<{hub.url}{path}?page={page + 1}>; rel="next"'
            more = len(nodes) > (page + 1) * hub.page_size
            part = nodes[page * hub.page_size : (page + 1) * hub.page_size]
            self._json(part, {"Link": following} if more else {})
        elif path == f"/api/v1/models/{REPO}/repo/files":
            files = [
                {"Path": name, "Type": "blob", "Size": len(body), "Sha256": sha256(body)}
                for name, body in hub.files.items()
            ]
            self._json({"Code": 200, "Data": {"Files": files}})
        else:
            self.reply(404, b"{}")

    def _hf_node(self, name: str) -> dict[str, Any]:
        content = self.hub.files[name]
        node = {"type": "file", "path": name, "size": len(content), "oid": git_oid(content)}
        if name in self.hub.lfs:
            node["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 134}
        return node

    def _json(self, content: Any, headers: dict[str, str] | None = None) -> None:
        self.reply(200, json.dumps(content).encode(), headers)


Trick: TypeAlias = Callable[[_Handler], None]


def behave(handler: _Handler) -> None:
    """Serve the file as it should be."""
    handler.serve()


def status(code: int, **headers: str) -> Trick:
    """Answer with nothing but a status."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda handler: handler.reply(code, b"", named)


def break_off_after(n_bytes: int) -> Trick:
    """Promise all of what was asked for, send so much of it, and close the connection."""

    def trick(handler: _Handler) -> None:
        _send_some(handler, n_bytes)
        handler.close_connection = True

    return trick


def reset_after(n_bytes: int) -> Trick:
    """As `break_off_after`, with a reset in place of an orderly end."""

    def trick(handler: _Handler) -> None:
        _send_some(handler, n_bytes)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    return trick


def stall_after(n_bytes: int) -> Trick:
    """Send so much, and then nothing for as long as the test takes."""

    def trick(handler: _Handler) -> None:
        _send_some(handler, n_bytes)
        handler.hub.stalled.release()
        handler.hub.closing.wait()
        handler.close_connection = True

    return trick


def whole(handler: _Handler) -> None:
    """Ignore what was asked for, and send the whole file."""
    name = handler.path.rpartition("/")[2]
    handler.reply(200, handler.hub.files[name], {"ETag": handler.hub.etag(name)})


def other(content: bytes) -> Trick:
    """Serve other content in the file's place."""
    return lambda handler: handler.serve(content=content)


def send_to(url: str) -> Trick:
    """Redirect to the file of the same name elsewhere."""

    def trick(handler: _Handler) -> None:
        handler.reply(302, b"", {"Location": url + handler.path})

    return trick


def _send_some(handler: _Handler, n_bytes: int) -> None:
    name = handler.path.rpartition("/")[2]
    content = handler.hub.files[name]
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
    headers = {"ETag": handler.hub.etag(name)}
    first, last = (int(found[1]), int(found[2])) if found else (0, len(content) - 1)
    if found:
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    part = content[first : last + 1]
    handler.reply(206 if found else 200, part[:n_bytes], headers, length=len(part))


@dataclass
class Told:
    """What a callback was told."""

    events: list[Any] = field(default_factory=list)

    def __call__(self, event: Any) -> None:
        self.events.append(event)


def blocks(n_bytes: int) -> bytes:
    """Content whose every four bytes are different, so that nothing can be mistaken."""
    words = np.arange(n_bytes // 4 + 1, dtype=np.uint32) * np.uint32(2654435761)
    return words.astype(">u4").tobytes()[:n_bytes]
