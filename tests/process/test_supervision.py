"""Starting, publishing, joining and ending a sidecar; nothing is left when anybody is killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sidecar.host.connection import ConnectionInfo, read_connection
from sidecar.host.launch import LaunchError, child_environment
from sidecar.protocol.messages import PROTOCOL_VERSION
from sidecar.rpc.auth import new_key_pair
from tests.conftest import PATIENCE_S
from tests.process.pools import is_alive
from tests.process.wire import NO_ENGINE, Wire, launched, outcome, until

SIDECAR = [sys.executable, "-P", "-m", "sidecar", "serve", "--supervised"]
unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and modes")


# A sidecar that nobody supervises, without the command line's imports.
SERVING = (
    "from pathlib import Path; import sys; from sidecar.app import serve;"
    "from sidecar.config import Settings; folder = Path(sys.argv[1]);"
    "sys.exit(serve(Settings(runtime_dir=folder / 'run', data_dir=folder / 'data',"
    f" engine='{NO_ENGINE}')))"
)


def serving(folder: Path) -> list[str]:
    return [sys.executable, "-c", SERVING, str(folder)]


@contextmanager
def published(
    folder: Path, command: list[str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], ConnectionInfo]]:
    """An unsupervised sidecar, found through its connection file."""
    process = subprocess.Popen(command or serving(folder), stderr=subprocess.PIPE, text=True)
    try:
        found: list[ConnectionInfo] = []

        def announced() -> bool:
            info = read_connection(folder / "run")
            found[:] = [info] if info is not None and info.pid == process.pid else []
            return bool(found)

        until(announced)
        yield process, found[0]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def supervised(line: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a supervised sidecar on one line of settings, and then the end of stdin."""
    return subprocess.run(SIDECAR, input=line, capture_output=True, timeout=PATIENCE_S, check=False)


def test_the_ready_line_is_the_only_thing_on_stdout_and_tells_where_to_connect(
    tmp_path: Path,
) -> None:
    given = {
        "public_key": new_key_pair().public,
        "runtime_dir": str(tmp_path / "run"),
        "data_dir": str(tmp_path / "data"),
        "engine": NO_ENGINE,
    }

    ended = supervised(json.dumps(given).encode() + b"\n")

    ready = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert set(ready) == {"ev", "endpoint", "server_key", "epoch", "proto", "pid"}
    assert (ready["ev"], ready["proto"]) == ("ready", list(PROTOCOL_VERSION))
    assert list((tmp_path / "run").glob("run-*")) == []


@pytest.mark.parametrize("line", [b"", b"{}\n", b"nonsense\n", b'{"public_key": "short"}\n'])
def test_a_bad_first_line_ends_it_with_code_78_and_a_sentence(line: bytes) -> None:
    ended = supervised(line)

    assert ended.returncode == 78
    assert ended.stdout == b""
    assert b"public_key" in ended.stderr
    assert b"Traceback" not in ended.stderr


@unix_only
def test_a_runtime_folder_that_others_can_read_ends_it_with_code_78(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    given = {"public_key": new_key_pair().public, "runtime_dir": str(tmp_path / "open")}

    ended = supervised(json.dumps(given).encode() + b"\n")

    assert ended.returncode == 78
    assert b"chmod 700" in ended.stderr


def test_no_key_is_in_arguments_environment_or_log(tmp_path: Path) -> None:
    with launched(tmp_path, log_level="debug", publish=True) as (sidecar, info):
        with Wire(info) as wire:
            wire.hello()
        joined = read_connection(tmp_path / "run")
        assert joined is not None
        shown = "\n".join(sidecar.stderr_tail())
        for name in ("cmdline", "environ"):
            with suppress(FileNotFoundError):
                shown += Path(f"/proc/{info.pid}/{name}").read_bytes().decode("utf-8", "replace")

        for key in (info.secret_key, info.public_key, joined.secret_key):
            assert key not in shown


@unix_only
def test_the_connection_file_is_private_and_admits_a_guest_of_a_supervised_sidecar(
    tmp_path: Path,
) -> None:
    with launched(tmp_path, publish=True):
        folder = tmp_path / "run"
        joined = read_connection(folder)
        assert joined is not None

        with Wire(joined) as guest:
            role = guest.hello()["role"]

            assert role == "guest"
            assert guest.call("sys.shutdown", {"drain_ms": 0}) == "UNAUTHORIZED"
        assert stat.S_IMODE((folder / "conn.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(p.stat().st_mode) for p in folder.glob("run-*")} == {0o700}

    assert not (folder / "conn.json").exists()


def test_the_connection_file_of_an_unsupervised_sidecar_admits_an_owner(tmp_path: Path) -> None:
    with published(tmp_path) as (process, info), Wire(info) as owner:
        assert owner.hello()["role"] == "owner"

        assert owner.call("sys.shutdown", {"drain_ms": 0}) == {}
        assert process.wait(PATIENCE_S) == 0
        assert read_connection(tmp_path / "run") is None


def test_a_second_published_sidecar_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with published(tmp_path) as (_, info):
        second = subprocess.run(
            serving(tmp_path), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

        assert second.returncode == 75
        assert "running already" in second.stderr
        assert read_connection(tmp_path / "run") == info


def test_a_supervised_sidecar_beside_a_published_one_serves_its_parent_alone(
    tmp_path: Path,
) -> None:
    with published(tmp_path) as (_, info), launched(tmp_path, publish=True) as (_, own):
        with Wire(own) as wire:
            assert wire.hello()["role"] == "owner"

        assert read_connection(tmp_path / "run") == info


@unix_only
def test_what_a_killed_sidecar_leaves_is_swept_by_the_next_one(tmp_path: Path) -> None:
    with published(tmp_path) as (process, info):
        with Wire(info) as wire:
            wire.hello()
            upload = wire.call("audio.open")["upload"]
            wire.call("audio.put", {"upload": upload, "seq": 0, "data": {"$bin": 0}}, [b"secret"])
        process.kill()
        process.wait()
    left = {path.name for path in tmp_path.rglob("run-*")}
    assert len(left) == 2  # its socket's folder and its uploads

    with published(tmp_path) as (_, fresh), Wire(fresh) as wire:
        assert wire.hello()["epoch"] == fresh.epoch != info.epoch
        wire.call("audio.open")
        until(lambda: not left & {Path(folder).name for folder, _, _ in os.walk(tmp_path)})


@unix_only
def test_sigterm_answers_what_runs_and_ends_with_code_0(tmp_path: Path) -> None:
    with published(tmp_path) as (process, info), Wire(info) as wire:
        wire.hello()

        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_S) == 0
        assert list((tmp_path / "run").glob("run-*")) == []
        assert not (tmp_path / "run" / "conn.json").exists()


@unix_only
def test_sigterm_again_and_again_does_not_disturb_the_exit(tmp_path: Path) -> None:
    with published(tmp_path) as (process, _):
        assert process.stderr is not None
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.001)

        assert process.returncode in (0, -signal.SIGTERM)  # the latter from the interpreter's exit
        assert "Traceback" not in process.stderr.read()
        assert list((tmp_path / "run").glob("run-*")) == []


@unix_only
@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_files_are_private_and_usable_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    command = [sys.executable, "-c", f"import os; os.umask({umask}); {SERVING}", str(tmp_path)]
    with published(tmp_path, command) as (_, info), Wire(info) as wire:
        wire.hello()
        wire.call("audio.open")
        shelf = Path(wire.call("audio.folder")["path"])
        modes = {
            stat.S_IMODE(path.stat().st_mode)
            for path in tmp_path.rglob("*")
            if not stat.S_ISSOCK(path.stat().st_mode)
        }

        assert shelf.is_dir()
        assert modes == {0o600, 0o700}


@unix_only
@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_a_sidecar_is_served_without_standard_streams(tmp_path: Path, closed: str) -> None:
    given = {
        "public_key": new_key_pair().public,
        "runtime_dir": str(tmp_path / "run"),
        "data_dir": str(tmp_path / "data"),
        "engine": NO_ENGINE,
        "publish": True,
    }
    process = subprocess.Popen(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *SIDECAR], stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given).encode() + b"\n")
    process.stdin.flush()
    until(lambda: read_connection(tmp_path / "run") is not None)
    info = read_connection(tmp_path / "run")
    assert info is not None

    with Wire(info) as wire:
        wire.hello()
        for _ in range(25):
            wire.send(b"\xc1")  # its being dropped is logged
        with Wire(info) as another:  # while the first stays, as what it sends ends with it
            another.hello()
            until(lambda: another.call("sys.diag")["dropped_clients"] == 1)

    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0


def test_the_workers_command_is_nothing_for_people() -> None:
    command = [sys.executable, "-m", "sidecar", "worker"]

    said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    assert said.returncode == 2
    assert "No such command" in said.stderr
    assert "Traceback" not in said.stderr


PARENT = """
import sys, time
from pathlib import Path
from sidecar.host.launch import LaunchOptions, launch_sidecar
from sidecar.rpc.auth import new_key_pair
keys, folder = new_key_pair(), Path(sys.argv[1])
options = LaunchOptions(runtime_dir=folder / "run", data_dir=folder / "data", engine=sys.argv[2],
                        publish=True)
sidecar, info = launch_sidecar(keys.public, keys.secret, options)
print(info.pid, flush=True)
time.sleep(600)
"""


@unix_only
@pytest.mark.parametrize("stopped", [False, True])
def test_a_killed_parent_takes_its_sidecar_and_worker_along(tmp_path: Path, stopped: bool) -> None:
    """Also when the sidecar's event loop is stuck: here, because its guest keeps it stopped."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), "builtin"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    info = read_connection(tmp_path / "run")
    assert info is not None
    with Wire(info) as wire:
        wire.hello()
        workers: list[int] = []

        def worker_started() -> bool:
            found = wire.call("sys.diag")["workers"]
            workers[:] = [worker["pid"] for worker in found if "pid" in worker]
            return bool(workers)

        until(worker_started)
        if stopped:
            os.kill(pid, signal.SIGSTOP)

        parent.kill()
        parent.communicate()
        if stopped:
            os.kill(pid, signal.SIGCONT)

        until(lambda: not is_alive(pid) and not any(map(is_alive, workers)))
    assert list((tmp_path / "run").glob("run-*")) == []
    assert not (tmp_path / "run" / "conn.json").exists()


@unix_only
def test_a_killed_sidecar_takes_its_worker_along(tmp_path: Path) -> None:
    with launched(tmp_path, engine="builtin") as (sidecar, info), Wire(info) as wire:
        wire.hello()
        workers: list[int] = []

        def worker_started() -> bool:
            found = wire.call("sys.diag")["workers"]
            workers[:] = [worker["pid"] for worker in found if "pid" in worker]
            return bool(workers)

        until(worker_started)

        sidecar.process.kill()

        until(lambda: not any(map(is_alive, workers)))


@unix_only
def test_a_stuck_loop_does_not_outlive_its_parent(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys, time\n"
        "from pathlib import Path\n"
        "from sidecar.host.parent import ParentWatch\n"
        "gone = Path(sys.argv[1])\n"
        "ParentWatch(lambda: None, gone.touch, 0.2).start()\n"
        "while True: time.sleep(600)\n"
    )
    mark = tmp_path / "gone"
    process = subprocess.Popen([sys.executable, "-c", code, str(mark)], stdin=subprocess.PIPE)
    assert process.stdin is not None

    process.stdin.close()

    assert process.wait(PATIENCE_S) == 70
    assert mark.exists()


def test_a_sidecar_that_cannot_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(LaunchError, match=r"ended with code 78[\s\S]*one of auto, ipc, tcp"),
        launched(tmp_path, transport="pigeon"),
    ):
        pass


def test_a_sidecar_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    with (
        pytest.raises(LaunchError, match="not ready within"),
        launched(tmp_path, ready_timeout_s=0.001),
    ):
        pass


def test_the_child_gets_no_variable_that_changes_its_code() -> None:
    ours = {"LD_PRELOAD": "a", "DYLD_X": "a", "PYTHONHOME": "a", "NODE_OPTIONS": "a", "HOME": "h"}

    theirs = child_environment({"PYTHONPATH": "wanted"}, ours)

    assert theirs == {"HOME": "h", "PYTHONUTF8": "1", "PYTHONPATH": "wanted"}


def test_a_sidecar_that_does_not_listen_to_a_closed_stdin_is_stopped_all_the_same(
    tmp_path: Path,
) -> None:
    with launched(tmp_path) as (sidecar, info):
        if sys.platform != "win32":
            os.kill(info.pid, signal.SIGSTOP)

        code = sidecar.stop()

    assert code != 0 or sys.platform == "win32"
    assert not is_alive(info.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reaches into /proc")
def test_a_parent_that_does_not_read_the_log_is_served_all_the_same(tmp_path: Path) -> None:
    keys = new_key_pair()
    given = {
        "public_key": keys.public,
        "runtime_dir": str(tmp_path / "run"),
        "data_dir": str(tmp_path / "data"),
        "engine": NO_ENGINE,
    }
    process = subprocess.Popen(
        SIDECAR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(given).encode() + b"\n")
    process.stdin.flush()
    ready = json.loads(process.stdout.readline())
    info = ConnectionInfo(
        ready["endpoint"], ready["server_key"], keys.public, keys.secret, ready["epoch"], 1
    )
    # What a pipe holds is filled from outside, so that the first entry of ours finds it full.
    fill = os.open(f"/proc/{process.pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(fill, b"x" * 512)
    os.close(fill)

    with Wire(info) as bad, Wire(info) as good:
        good.hello()
        bad.hello()
        for _ in range(25):
            bad.send(b"\xc1")  # its being dropped is logged

        until(lambda: good.call("sys.diag")["dropped_clients"] == 1)

    process.stdin.close()
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 0
    process.stderr.close()


HEAVY = (
    "numpy",
    "sqlite3",
    "onnxruntime",
    "typer",
    "rich",
    "av",
    "soundfile",
    "pocketsphinx",
    "openai",
)


def test_the_first_reply_is_sent_before_anything_heavy_is_imported() -> None:
    code = "import sys, sidecar.app; print(' '.join(sys.modules))"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {name.split(".")[0] for name in said.stdout.split()} & set(HEAVY)


def test_at_rest_the_parent_has_no_model_library_loaded(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    with launched(tmp_path, engine="builtin") as (_, info), Wire(info) as wire:
        wire.hello()

        def settled() -> bool:
            (engine,) = [e for e in wire.call("sys.info")["engines"] if e["id"] == "builtin"]
            return bool(engine["state"] == "ready")

        until(settled)

        maps = Path(f"/proc/{info.pid}/maps").read_text()
        assert "numpy" in maps
        assert not [name for name in ("onnxruntime", "pocketsphinx", "torch") if name in maps]
        assert wire.call("sys.diag")["rss_bytes"] < 80_000_000
        assert outcome(wire.answer(wire.request("sys.ping")))
