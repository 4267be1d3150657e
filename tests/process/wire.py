"""A client that says exactly what it is told to, and sidecars to say it to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import msgpack
import zmq

from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.history.database import Database
from sidecar.history.history import History
from sidecar.history.preferences import PreferenceStore
from sidecar.host.connection import ConnectionInfo
from sidecar.host.launch import LaunchOptions, RunningSidecar, launch_sidecar
from sidecar.host.paths import private_dir
from sidecar.model_store.catalogue import read_catalogue
from sidecar.model_store.conversion import ConvertProcess
from sidecar.model_store.store import ModelStore
from sidecar.protocol.messages import LIMITS, Limits
from sidecar.rpc.auth import KeyPair, Role, new_key_pair
from sidecar.rpc.server import Server
from sidecar.rpc.services import Dictations, Services
from sidecar.session.engines import Engines
from sidecar.session.journal import Journal
from sidecar.session.live import LiveParts, LiveSession
from sidecar.session.transcriber import Transcriber
from sidecar.telemetry.logs import EventLog
from sidecar.vad.base import Vad
from sidecar.vad.energy import EnergyVad
from tests.conftest import PATIENCE_S

NO_ENGINE = "none"  # wire tests need none, and starting one takes a second of both cores


class Wire:
    """A raw client: any frames out, decoded headers in. Blocks; not for an event loop."""

    def __init__(
        self, info: ConnectionInfo, *, mechanism: str = "CURVE", ahead: int | None = None
    ) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if ahead is not None:  # messages that are taken before somebody asks for them
            self.socket.setsockopt(zmq.RCVHWM, ahead)
        if mechanism == "CURVE":
            self.socket.setsockopt(zmq.CURVE_SERVERKEY, info.server_key.encode())
            self.socket.setsockopt(zmq.CURVE_PUBLICKEY, info.public_key.encode())
            self.socket.setsockopt(zmq.CURVE_SECRETKEY, info.secret_key.encode())
        self.socket.connect(info.endpoint)
        self.notices: list[dict[str, Any]] = []
        self.binaries: list[bytes] = []  # of the last answer
        self._answers: dict[int | None, list[dict[str, Any]]] = {}
        self._next_id = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close(0)
        self._context.term()

    def send(self, *frames: bytes) -> None:
        self.socket.send_multipart(frames)

    def request(
        self,
        method: str,
        params: object = None,
        binaries: Sequence[bytes] = (),
        *,
        id: int | None = None,  # noqa: A002 (as on the wire)
        tmo: int = 60_000,
    ) -> int:
        """Send a request and return its id, without waiting for the answer."""
        if id is None:
            id, self._next_id = self._next_id, self._next_id + 1  # noqa: A001
        header = {
            "jsonrpc": "2.0",
            "id": id,
            "method": method,
            "params": {} if params is None else params,
            "meta": {"tmo": tmo},
        }
        self.send(msgpack.packb(header), *binaries)
        return id

    def cancel(self, id: int) -> None:  # noqa: A002 (as on the wire)
        self.send(msgpack.packb({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}}))

    def answer(self, id: int | None, timeout_s: float = PATIENCE_S) -> dict[str, Any]:  # noqa: A002
        """The next answer to that request; what comes before it is kept."""
        deadline_s = time.monotonic() + timeout_s
        while not self._answers.get(id):
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"no answer to {id} within {timeout_s} s"
            self.receive(left_s)
        return self._answers[id].pop(0)

    def call(self, method: str, params: object = None, binaries: Sequence[bytes] = ()) -> Any:
        """The result of a request, or the kind of its failure as a string."""
        return outcome(self.answer(self.request(method, params, binaries)))

    def hello(self) -> Any:
        return self.call("sys.hello", {"proto": [1, 0], "client": {"name": "wire", "version": "1"}})

    def receive(self, timeout_s: float) -> bool:
        """Take one message, if one comes in time."""
        if not self.socket.poll(max(1, round(timeout_s * 1000))):
            return False
        header, *binaries = self.socket.recv_multipart()
        message = msgpack.unpackb(header)
        if "method" in message:
            self.notices.append(message)
        else:
            self.binaries = binaries
            self._answers.setdefault(message["id"], []).append(message)
        return True

    def extra_answers(self) -> int:
        """Answers that nobody asked for with `answer`, after all that is on its way."""
        self.call("sys.ping")
        return sum(map(len, self._answers.values()))


def outcome(answer: dict[str, Any]) -> Any:
    """The result of an answer, or the kind of its failure."""
    return answer["result"] if "result" in answer else answer["error"]["data"]["kind"]


def until(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait for something that comes soon."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s} s"
        time.sleep(0.01)


@contextmanager
def launched(
    folder: Path, *, engine: str | None = NO_ENGINE, **options: Any
) -> Iterator[tuple[RunningSidecar, ConnectionInfo]]:
    """A real sidecar in a process of its own, with folders of its own."""
    keys = new_key_pair()
    own: dict[str, Any] = {"engine": engine, "ready_timeout_s": PATIENCE_S}
    sidecar, info = launch_sidecar(
        keys.public,
        keys.secret,
        LaunchOptions(runtime_dir=folder / "run", data_dir=folder / "data", **own | options),
    )
    with sidecar:
        yield sidecar, info


class ServerThread:
    """A real server on a loop in a thread of this process, for tests that change its limits.

    Args:
        engine: the default engine.
        engines: those of dictations; None for workers of installed ones.
        make_vad: the voice detector of dictations.
        models: the store of models; None for one with our catalogue.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits = LIMITS,
        *,
        engine: str = NO_ENGINE,
        engines: Engines | None = None,
        make_vad: Callable[[], Vad] = EnergyVad,
        models: ModelStore | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._engine = engine
        self._engines = engines
        self._make_vad = make_vad
        self._models = models
        self._limits = limits
        self._keys = new_key_pair()
        self._clients: dict[Role, KeyPair] = {"owner": new_key_pair(), "guest": new_key_pair()}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    def __enter__(self) -> ServerThread:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self.server.stop_soon, 0.0)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def info(self, role: Role = "owner") -> ConnectionInfo:
        """How to connect as that role."""
        return ConnectionInfo(
            endpoint=self.endpoint,
            server_key=self._keys.public,
            public_key=self._clients[role].public,
            secret_key=self._clients[role].secret,
            epoch="0" * 16,
            pid=1,
        )

    async def _main(self) -> None:
        self.loop = asyncio.get_running_loop()
        pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)

        async def transcriber() -> Transcriber:
            return Transcriber(pool, lambda: self._engine, EnergyVad)

        async def dictations() -> Dictations:
            parts = LiveParts(
                self._engines or pool,
                lambda: self._engine,
                self._make_vad,
                begin_recording=lambda info, name: journal().begin(info, name),
            )
            return partial(LiveSession, parts)

        def journal() -> Journal:
            return Journal(private_dir(self._folder / "journal"))

        def history() -> History:
            return History(database, private_dir(self._folder / "history"), journal(), lambda: 30)

        def models() -> ModelStore:
            return self._models or ModelStore(
                private_dir(self._folder / "models"), read_catalogue(), ConvertProcess()
            )

        async def uploads() -> Path:
            return self._folder

        database = Database(self._folder / "history.db", self._folder / "history")
        services = Services(
            epoch="0" * 16,
            default_engine=lambda: self._engine,
            pool=lambda: pool,
            transcriber=transcriber,
            dictations=dictations,
            journal=journal,
            models=models,
            history=history,
            preferences=lambda: PreferenceStore(database),
            upload_folder=uploads,
        )
        allowed = {keys.public: role for role, keys in self._clients.items()}
        with (self._folder / "log").open("w") as stream:
            self.server = Server(
                self._keys, allowed, services, log=EventLog(stream), limits=self._limits
            )
            self.endpoint = self.server.bind(self._folder)
            self._ready.set()
            await self.server.run()
        await pool.close()
        database.close()
