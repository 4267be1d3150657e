"""Dictations over the raw wire and what the journal has of them, for tests that kill an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgpack

from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.host.connection import ConnectionInfo
from sidecar.host.launch import RunningSidecar
from sidecar.vad.base import FRAME_SAMPLES
from tests.conftest import ENGINES, PATIENCE_S
from tests.process.wire import Wire, launched, outcome

# 96 ms: whole frames, so that what is recovered is cut as what was dictated, to the sample.
CHUNK_BYTES = 3 * FRAME_SAMPLES * 2


def chunks_of(pcm: bytes) -> Iterator[bytes]:
    """16-bit samples in chunks as they are pushed."""
    return (pcm[at : at + CHUNK_BYTES] for at in range(0, len(pcm), CHUNK_BYTES))


class Talker:
    """Begins a dictation on a connection and pushes as fast as credit allows."""

    def __init__(self, wire: Wire, hotwords: Sequence[str] = (), **params: object) -> None:
        hello(wire)
        self._wire = wire
        audio = {"format": "pcm_s16le", "rate_hz": SAMPLE_RATE_HZ}
        opened = wire.call("asr.stream.open", {**audio, "hotwords": list(hotwords), **params})
        self.stream, self._limit = opened["stream"], opened["limit"]
        self.events: list[dict[str, Any]] = []
        self.acked = self.pushed = 0

    def say(self, pcm: bytes) -> None:
        """Push samples."""
        for chunk in chunks_of(pcm):
            while self.pushed >= self._limit:
                self._listen()
            params = {"stream": self.stream, "seq": self.pushed, "data": {"$bin": 0}}
            push = {"jsonrpc": "2.0", "method": "asr.stream.push", "params": params}
            self._wire.send(msgpack.packb(push), chunk)
            self.pushed += 1

    def until_acked(self, n_chunks: int) -> None:
        """Wait until so many chunks are safe."""
        while self.acked < n_chunks:
            self._listen()

    def close(self) -> dict[str, Any]:
        """End it as meant; gives its end."""
        final = outcome(self._wire.answer(self.ask_to_close()))
        self._take_notices()
        assert isinstance(final, dict), final
        return final

    def ask_to_close(self) -> int:
        """Ask for its end as meant, without waiting for it; gives the request."""
        params = {"stream": self.stream, "seq": self.pushed}
        return self._wire.request("asr.stream.close", params, tmo=60_000)

    def _listen(self) -> None:
        assert self._wire.receive(PATIENCE_S), "nothing more is acknowledged"
        self._take_notices()

    def _take_notices(self) -> None:
        for notice in self._wire.notices:
            params = notice["params"]
            if params.get("stream") != self.stream:
                continue
            if notice["method"] == "$/credit":
                self.acked, self._limit = params["ack"], params["limit"]
            else:
                self.events.append(params["event"])
        self._wire.notices.clear()


def scripted(
    folder: Path, **variables: str
) -> AbstractContextManager[tuple[RunningSidecar, ConnectionInfo]]:
    """A sidecar whose engine answers with a checksum of every half second it hears."""
    environment = {"PYTHONPATH": str(ENGINES), **variables}
    return launched(folder, engine="scripted", extra_env=environment)


def recordings(wire: Wire) -> list[dict[str, Any]]:
    listed = wire.call("journal.list")["recordings"]
    assert isinstance(listed, list)
    return listed


def recover(wire: Wire, name: str, **params: object) -> Any:
    request = wire.request("journal.recover", {"recording": name, **params}, tmo=60_000)
    return outcome(wire.answer(request))


def hello(wire: Wire) -> None:
    wire.call("sys.hello", {"proto": [1, 1], "client": {"name": "wire", "version": "1"}})
