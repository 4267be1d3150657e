"""The command `sotto`, as a person or a script runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import soundfile as sf

from sidecar import __version__
from sidecar.cli.clip import CLIP, reference, word_error_rate
from sidecar.host.connection import read_connection
from sidecar.rpc.client import Client, run
from tests.conftest import PATIENCE_S
from tests.process.commands import SOTTO, assert_nothing_left, leftovers, mortal, sotto
from tests.process.terminal import heard_something, read_terminal

OPENING = "hello this voice was made by a computer"

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and terminals")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def serving(run_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """`sotto serve` in another process, ready; its folder is `run_dir`."""
    with served() as process:
        yield process


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a sidecar that serves many tests, so that its engine loads once."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOTTO_RUNTIME_DIR", str(folder / "run"))
        patch.setenv("SOTTO_DATA_DIR", str(folder / "data"))
        with served():
            yield folder / "run"


@pytest.fixture
def joined(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of this test find the shared sidecar."""
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(shared))
    return shared


@contextmanager
def served() -> Iterator[subprocess.Popen[str]]:
    with mortal(
        subprocess.Popen(
            [*SOTTO, "serve"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Listening at ")
            assert "Ctrl-C" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_it_says_its_version() -> None:
    assert sotto("--version").stdout == f"sotto {__version__}\n"


@linux_only
def test_a_recording_becomes_text_and_nothing_is_left_running(run_dir: Path) -> None:
    done = sotto("transcribe", CLIP)

    assert done.returncode == 0, done.stderr
    assert word_error_rate(reference(), done.stdout) < 0.2
    assert done.stdout.endswith("\n")
    assert "English" in done.stderr  # the built-in engine's notice
    assert_nothing_left(run_dir)


def test_several_recordings_give_json_lines_and_each_notice_once(joined: Path, short: Path) -> None:
    done = sotto("transcribe", short, short, "--format", "json")

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["file"] for row in rows] == [str(short), str(short)]
    assert all(word_error_rate(OPENING, row["text"]) < 0.4 for row in rows)
    assert rows[0]["segments"][0]["words"][0].keys() == {"text", "start_ms", "end_ms", "confidence"}
    assert done.stderr.count("\n") == len(rows[0]["notices"])


def test_subtitles_go_to_the_file_that_is_named(joined: Path, tmp_path: Path) -> None:
    target = tmp_path / "talk.srt"

    done = sotto("transcribe", CLIP, "-f", "srt", "-o", target)

    assert (done.returncode, done.stdout) == (0, "")
    subtitles = target.read_text(encoding="utf-8")
    assert re.match(r"1\n00:00:00,\d{3} --> 00:00:\d\d,\d{3}\nhello", subtitles)
    assert list(tmp_path.glob(".*.tmp")) == []


def test_a_recording_can_be_piped_in(joined: Path, short: Path) -> None:
    done = sotto("transcribe", "-", stdin=short.read_bytes())

    assert done.returncode == 0
    assert word_error_rate(OPENING, done.stdout) < 0.4


def test_a_bad_recording_is_explained_and_the_others_are_done(
    joined: Path, short: Path, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"this is not sound" * 100)
    results = tmp_path / "results"
    results.mkdir()

    done = sotto("transcribe", noise, tmp_path / "gone.wav", short, "-o", results)

    assert done.returncode == 1
    assert f"sotto: {noise}: This is not a sound file" in done.stderr
    assert f"sotto: {tmp_path / 'gone.wav'}: cannot be read (No such file" in done.stderr
    assert [path.name for path in results.iterdir()] == ["short.txt"]


def test_silence_is_said_to_be_silence(joined: Path, tmp_path: Path) -> None:
    sf.write(tmp_path / "silence.wav", [0.0] * 16_000, 16_000)

    done = sotto("transcribe", tmp_path / "silence.wav")

    assert (done.returncode, done.stdout) == (0, "")
    assert "no speech was found" in done.stderr


@linux_only
def test_when_nothing_can_be_read_no_sidecar_is_started(run_dir: Path, tmp_path: Path) -> None:
    assert sotto("transcribe", tmp_path / "gone.wav").returncode == 1
    assert not run_dir.exists()


def test_a_sidecar_that_cannot_start_says_why(run_dir: Path, short: Path) -> None:
    run_dir.mkdir(mode=0o700)
    (run_dir / "lock").mkdir()  # where the sidecar needs a file

    done = sotto("transcribe", short)

    assert (done.returncode, done.stdout) == (1, "")
    assert "sotto: The sidecar did not start." in done.stderr


@unix_only
def test_a_folder_that_others_can_read_is_refused(run_dir: Path, short: Path) -> None:
    run_dir.mkdir(mode=0o755)

    done = sotto("transcribe", short)

    assert (done.returncode, done.stdout) == (78, "")
    assert "chmod 700" in done.stderr


def test_an_existing_result_is_kept(joined: Path, short: Path, tmp_path: Path) -> None:
    older = tmp_path / "short.txt"
    older.write_text("precious", encoding="utf-8")

    refused = sotto("transcribe", short, "-o", older)
    kept = older.read_text(encoding="utf-8")
    replaced = sotto("transcribe", short, "-o", older, "--force")

    assert (refused.returncode, kept) == (2, "precious")
    assert "--force" in refused.stderr
    assert replaced.returncode == 0
    assert "hello" in older.read_text(encoding="utf-8")


def test_an_unknown_engine_is_answered_with_what_to_do(joined: Path, short: Path) -> None:
    done = sotto("transcribe", short, "--engine", "nonesuch")

    assert (done.returncode, done.stdout) == (1, "")
    assert "nonesuch" in done.stderr
    assert "`sotto doctor` lists the engines" in done.stderr


@linux_only
def test_ctrl_c_keeps_what_was_final_and_leaves_nothing_running(
    run_dir: Path, long: Path, tmp_path: Path
) -> None:
    target = tmp_path / "long.txt"

    code, out, screen = interrupt_after_some_text(long, "-o", target)

    assert (code, out) == (130, "")
    assert "what was final by then is in" in " ".join(screen.split())
    assert target.with_name("long.txt.partial").read_text(encoding="utf-8").startswith("hello")
    assert not target.exists()
    assert_nothing_left(run_dir)


@unix_only
def test_ctrl_c_prints_what_was_final_and_the_sidecar_is_soon_free_again(
    joined: Path, long: Path, short: Path
) -> None:
    code, out, _ = interrupt_after_some_text(long)

    assert code == 130
    assert out.startswith("hello")
    assert sotto("transcribe", short).returncode == 0


def interrupt_after_some_text(*args: str | Path) -> tuple[int, str, str]:
    """Press Ctrl-C, as a terminal does, once the progress bar is past the first segment.

    Returns the exit code, what is on stdout, and what was on the screen.
    """
    with heard_something(*args) as (process, terminal, before):
        os.killpg(process.pid, signal.SIGINT)
        after = b"".join(iter(lambda: read_terminal(terminal), b""))
        os.close(terminal)
        out, _ = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out.decode(), (before + after).decode("utf-8", "replace")


@unix_only
def test_a_reader_that_leaves_early_is_no_error_to_print(joined: Path, short: Path) -> None:
    with mortal(
        subprocess.Popen(
            [*SOTTO, "transcribe", str(short)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()

    assert process.returncode == 141
    assert "Broken" not in said
    assert "Traceback" not in said


@linux_only
def test_a_killed_command_leaves_nothing_running(run_dir: Path, long: Path) -> None:
    with mortal(
        subprocess.Popen(
            [*SOTTO, "transcribe", str(long)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    ) as process:
        deadline_s = time.monotonic() + 20
        while len(leftovers(run_dir)) < 3 and time.monotonic() < deadline_s:
            time.sleep(0.05)  # the command, its sidecar, and the engine's worker
        assert len(leftovers(run_dir)) >= 3

        process.kill()

    assert_nothing_left(run_dir)


def test_a_running_sidecar_is_used(joined: Path, short: Path) -> None:
    before = run(requests_of_the_engine(joined))

    done = sotto("transcribe", short)

    assert word_error_rate(OPENING, done.stdout) < 0.4
    assert run(requests_of_the_engine(joined)) == before + 1


async def requests_of_the_engine(run_dir: Path) -> int:
    info = read_connection(run_dir)
    assert info is not None
    async with await Client.connect(info) as client:
        return sum(worker.requests for worker in (await client.diag()).workers)


@unix_only
def test_serve_ends_cleanly_on_ctrl_c(serving: subprocess.Popen[str], run_dir: Path) -> None:
    assert (run_dir / "conn.json").stat().st_mode & 0o777 == 0o600

    serving.send_signal(signal.SIGINT)

    assert serving.wait(timeout=15) == 0
    assert not (run_dir / "conn.json").exists()
    assert list(run_dir.glob("run-*")) == []


def test_a_second_server_is_refused_with_a_sentence(joined: Path) -> None:
    done = sotto("serve")

    assert done.returncode == 75
    assert "running already" in done.stderr


def test_the_file_of_a_killed_sidecar_does_not_get_in_the_way(
    serving: subprocess.Popen[str], run_dir: Path, short: Path
) -> None:
    serving.kill()
    serving.wait()
    assert (run_dir / "conn.json").exists()

    assert sotto("transcribe", short).returncode == 0


def test_the_doctor_finds_all_well_and_the_sidecar_that_runs(joined: Path) -> None:
    running = read_connection(joined)

    done = sotto("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert running is not None
    assert checks["Running sidecar"]["found"] == f"process {running.pid}, version {__version__}"
    assert checks["New sidecar"]["status"] == "ok"
    assert checks["Engine builtin"]["status"] == "ok"


@unix_only
def test_the_doctor_explains_what_is_broken(run_dir: Path) -> None:
    run_dir.mkdir(mode=0o755)

    done = sotto("doctor")

    assert done.returncode == 1
    assert "chmod 700" in " ".join(done.stdout.split())


def test_the_demo_shows_text_words_and_how_long_it_took(run_dir: Path) -> None:
    done = sotto("demo")

    assert done.returncode == 0, done.stderr
    assert re.search(r"hello +0\.\d\d +0\.\d\d +\d+%", done.stdout)
    assert re.search(r"real-time factor of the engine +\d+\.\d\d", done.stdout)
    assert re.search(r"word error rate +\d+\.\d%", done.stdout)
    assert any(bar in done.stdout for bar in "▃▄▅▆▇█")


@unix_only
def test_the_demo_is_drawn_live_on_a_terminal(run_dir: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    with mortal(
        subprocess.Popen(
            [*SOTTO, "demo"],
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        )
    ) as process:
        os.close(theirs)
        screen = b"".join(iter(lambda: read_terminal(ours), b"")).decode()
        os.close(ours)

    assert process.returncode == 0
    assert screen.count("\x1b[1A") > 3  # the cursor went up to draw again
    assert "real-time factor" in screen
