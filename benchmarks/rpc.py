"""A call to the sidecar against plain pyzmq and grpcio, each served by a process of its own.

Ours is the real server and the real client, with CURVE, message checks, deadlines and
limits; two methods are added that do nothing with what they get. The peers do no more
than move bytes: pyzmq's asyncio sockets without encryption, grpcio's asyncio server over
a Unix socket. All take turns, so that a noisy moment hits all of them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, NoReturn, TypeAlias

import msgspec
import zmq
import zmq.asyncio

from benchmarks._report import Rounds, Row, report
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.host.connection import ConnectionInfo
from sidecar.protocol import messages
from sidecar.rpc.auth import KeyPair, new_key_pair
from sidecar.rpc.client import Client
from sidecar.rpc.dispatch import Call as ServerCall
from sidecar.rpc.handlers import recording
from sidecar.rpc.server import Server
from sidecar.rpc.services import Services
from sidecar.telemetry.logs import EventLog

ROUNDS = 9
KB, MB = 1 << 10, 1 << 20
CALLS = {KB: 200, MB: 12, 16 * MB: 2}  # per round and size
P50_GOAL_MS = 0.4
PYZMQ, CURVE = "pyzmq", "pyzmq+curve"
GOALS = {(KB, PYZMQ): 1.5, (KB, "grpcio"): 0.7, (MB, "grpcio"): 0.6}

Send: TypeAlias = Callable[[bytes], Awaitable[Any]]


class EchoParams(msgspec.Struct, frozen=True):
    """A text to be sent back."""

    text: str


class BlobParams(msgspec.Struct, frozen=True):
    """A recording to be swallowed."""

    audio: messages.AudioSource


class Nothing(msgspec.Struct, frozen=True):
    """An answer without content."""


def add_methods() -> None:
    methods: Any = messages.METHODS
    for name, params, result in (
        ("bench.echo", EchoParams, EchoParams),
        ("bench.blob", BlobParams, Nothing),
    ):
        methods[name] = messages.Method(
            since=0, who="any", tmo_ms=10_000, params=params, result=result, events=()
        )


# ------------------------------------------------------------------------------------ ours


def echo(_: ServerCall, params: EchoParams) -> EchoParams:
    return params


async def swallow(call: ServerCall, params: BlobParams) -> Nothing:
    """Have all of it in memory, as grpcio's and pyzmq's servers do."""
    async with recording(call, params.audio) as source:
        data = source if isinstance(source, bytes) else source.read_bytes()
    assert len(data) >= MB
    return Nothing()


async def serve_ours(folder: Path, client_key: str) -> None:
    keys = new_key_pair()
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)

    async def unavailable() -> NoReturn:
        raise NotImplementedError

    def none_here() -> NoReturn:
        raise NotImplementedError

    async def uploads() -> Path:
        return folder

    services = Services(
        epoch="0" * 16,
        default_engine=lambda: "none",
        pool=lambda: pool,
        transcriber=unavailable,
        dictations=unavailable,
        journal=none_here,
        models=none_here,
        history=none_here,
        preferences=none_here,
        upload_folder=uploads,
    )
    limits = messages.Limits(max_rate_per_s=10**9, max_burst=10**9)
    server = Server(keys, {client_key: "owner"}, services, log=EventLog(), limits=limits)
    server.handlers |= {"bench.echo": echo, "bench.blob": swallow}
    print(keys.public, server.bind(folder), flush=True)
    await server.run()


async def call_ours(line: str, keys: KeyPair) -> tuple[Send, Send, Callable[[], Awaitable[None]]]:
    server_key, endpoint = line.split()
    client = await Client.connect(
        ConnectionInfo(endpoint, server_key, keys.public, keys.secret, "0" * 16, 1)
    )

    async def send(data: bytes) -> None:
        await client.connection.call("bench.echo", EchoParams(text=data.decode()))

    async def send_blob(data: bytes) -> None:
        source, binaries = await client.hand_over.bring(data)
        await client.connection.call("bench.blob", BlobParams(audio=source), binaries)

    return send, send_blob, client.close


# ----------------------------------------------------------------------------------- pyzmq


async def serve_pyzmq(folder: Path, name: str) -> None:
    socket = zmq.asyncio.Context().socket(zmq.ROUTER)
    public, secret = zmq.curve_keypair()
    if name == CURVE:
        socket.curve_server = True
        socket.curve_secretkey = secret
    socket.bind(f"ipc://{folder / name}")
    print(public.decode(), flush=True)
    while True:
        route, data = await socket.recv_multipart()
        await socket.send_multipart([route, data if len(data) <= KB else b""])


def call_pyzmq(folder: Path, name: str, server_key: str) -> tuple[Send, Callable[[], None]]:
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.DEALER)
    if name == CURVE:
        socket.curve_serverkey = server_key.strip().encode()
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
    socket.connect(f"ipc://{folder / name}")

    async def send(data: bytes) -> None:
        await socket.send(data, copy=len(data) < 65_536)
        await socket.recv()

    return send, lambda: context.destroy(linger=0)


# ---------------------------------------------------------------------------------- grpcio

GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", 64 * MB),
    ("grpc.max_send_message_length", 64 * MB),
]


async def serve_grpcio(folder: Path) -> None:
    import grpc

    async def answer(data: bytes, _: object) -> bytes:
        return data if len(data) <= KB else b""

    server = grpc.aio.server(options=GRPC_OPTIONS)
    method = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench", {"call": method}),)
    )
    server.add_insecure_port(f"unix:{folder / 'grpc'}")
    await server.start()
    print("ready", flush=True)
    await server.wait_for_termination()


def call_grpcio(folder: Path) -> tuple[Send, Callable[[], Awaitable[None]]]:
    import grpc

    channel = grpc.aio.insecure_channel(f"unix:{folder / 'grpc'}", options=GRPC_OPTIONS)
    return channel.unary_unary("/bench/call"), channel.close


# --------------------------------------------------------------------------------- measure


def serving(name: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.rpc", name, *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


async def one_round_s(send: Send, size: int) -> float:
    data = os.urandom(size // 2).hex().encode()
    times_s = []
    for _ in range(CALLS[size]):
        started_s = time.perf_counter()
        await send(data)
        times_s.append(time.perf_counter() - started_s)
    return median(times_s)


async def measure(senders: dict[str, dict[int, Send]]) -> dict[int, Rounds]:
    """Round trips by size, in seconds by side; all take turns in every round."""
    seconds: dict[int, dict[str, list[float]]] = {size: {} for size in CALLS}
    for _ in range(ROUNDS):
        for size, by_name in seconds.items():
            for name, by_size in senders.items():
                by_name.setdefault(name, []).append(await one_round_s(by_size[size], size))
    return {size: Rounds(by_name) for size, by_name in seconds.items()}


async def compare(folder: Path) -> dict[int, Rounds]:
    keys = new_key_pair()
    with ExitStack() as stack:
        lines = {}
        for name in ("ours", PYZMQ, CURVE, "grpcio"):
            process = serving(name, str(folder), keys.public)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stdout is not None
            lines[name] = process.stdout.readline()
        echo_ours, blob_ours, close_ours = await call_ours(lines["ours"], keys)
        pyzmq, close_pyzmq = call_pyzmq(folder, PYZMQ, "")
        curve, close_curve = call_pyzmq(folder, CURVE, lines[CURVE])
        grpcio, close_grpcio = call_grpcio(folder)
        try:
            return await measure(
                {
                    "ours": {size: echo_ours if size == KB else blob_ours for size in CALLS},
                    PYZMQ: dict.fromkeys(CALLS, pyzmq),
                    CURVE: dict.fromkeys(CALLS, curve),
                    "grpcio": dict.fromkeys(CALLS, grpcio),
                }
            )
        finally:
            await close_ours()
            close_pyzmq()
            close_curve()
            await close_grpcio()


def main() -> None:
    add_methods()
    match sys.argv[1:]:
        case ["ours", folder, key]:
            asyncio.run(serve_ours(Path(folder), key))
        case [("pyzmq" | "pyzmq+curve") as name, folder, _]:
            asyncio.run(serve_pyzmq(Path(folder), name))
        case ["grpcio", folder, _]:
            asyncio.run(serve_grpcio(Path(folder)))
        case _:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                tell(asyncio.run(compare(Path(folder))))


def tell(rounds: dict[int, Rounds]) -> None:
    names = {KB: "1 KB there and back", MB: "1 MiB there", 16 * MB: "16 MiB there"}
    rows = [
        Row(
            f"{names[size]} / {peer}",
            timed.median_s("ours") * 1e3,
            "ms",
            timed.median_s(peer) * 1e3,
            timed.ratio("ours", peer),
            GOALS.get((size, peer)),
        )
        for size, timed in rounds.items()
        for peer in (PYZMQ, CURVE, "grpcio")
    ]
    p50_ms = rounds[KB].median_s("ours") * 1e3
    rows.insert(0, Row("1 KB there and back", p50_ms, "ms", goal=P50_GOAL_MS))
    figures = {
        "p50_ms": p50_ms,
        "vs_pyzmq": rounds[KB].ratio("ours", PYZMQ),
        "vs_grpcio": rounds[KB].ratio("ours", "grpcio"),
        "blob_vs_grpcio": rounds[MB].ratio("ours", "grpcio"),
        "blob_vs_pyzmq_curve": rounds[MB].ratio("ours", CURVE),
        "blob_16_vs_grpcio": rounds[16 * MB].ratio("ours", "grpcio"),
    }
    report("rpc", rows, figures)


if __name__ == "__main__":
    main()
