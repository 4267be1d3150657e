"""`sotto listen`, as a person in a terminal or a script runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
import soundfile as sf

from sidecar.cli.clip import CLIP
from sidecar.cli.connect import Link, joined
from sidecar.cli.sources import FileSource
from sidecar.session.recording import AUDIO
from tests.conftest import ENGINES, PATIENCE_S
from tests.process.commands import SOTTO, assert_nothing_left, mortal, sotto
from tests.process.files import files_below

SCRIPTED = ["--engine", "scripted"]
HELLO = SCRIPTED + [
    argument
    for command in (
        "at:0.3 one",
        "at:1.2 one two",
        "at:1.9 one two three",
        "final:one two three four",
    )
    for argument in ("--hotword", command)
]
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and terminals")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class Terminal:
    """A terminal that somebody reads, so that nothing that writes to it ever waits."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self._bytes = bytearray()
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def said(self) -> str:
        """All that was written, what was drawn over included."""
        return self._bytes.decode("utf-8", "replace")

    def wait_for(self, pattern: str) -> None:
        """Wait until something was written."""
        with self._news:
            assert self._news.wait_for(lambda: re.search(pattern, self.said), PATIENCE_S), self.said

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 4096)
            except OSError:  # nobody has it open any more
                return
            with self._news:
                self._bytes += data
                self._news.notify_all()


@contextmanager
def in_terminal(
    *args: str | Path, stdout: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """`sotto listen` in front of a terminal of its own; with stdout elsewhere if given."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x18\x00\x64\x00" + bytes(4))  # 24 lines, 100 columns

    with mortal(
        subprocess.Popen(
            [*SOTTO, "listen", *map(str, args)],
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )
    ) as process:
        os.close(theirs)
        try:
            yield process, Terminal(ours)
        finally:
            process.kill()
            process.wait()
            os.close(ours)


def ctrl_c(process: subprocess.Popen[bytes]) -> None:
    """What the kernel does when a person presses it: all in front of the terminal are told."""
    os.killpg(process.pid, signal.SIGINT)


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A sidecar that has the scripted engine; a private one of a command would not have it."""
    with mortal(
        subprocess.Popen(
            [*SOTTO, "serve"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **folders(folder), "PYTHONPATH": str(ENGINES)},
        )
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"Listening at ")
            yield process
        finally:
            process.kill()


def folders(folder: Path) -> dict[str, str]:
    return {"SOTTO_RUNTIME_DIR": str(folder / "run"), "SOTTO_DATA_DIR": str(folder / "data")}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a sidecar that serves many tests."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder):
        yield folder


@pytest.fixture
def shared(served: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of this test join that one."""
    for name, value in folders(served).items():
        monkeypatch.setenv(name, value)
    return served


@pytest.fixture
def sidecar(run_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One for this test alone, which its commands join."""
    with serving(run_dir.parent) as process:
        yield process


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A sentence, then a long silence to interrupt."""
    import numpy as np

    samples, rate_hz = sf.read(CLIP, dtype="int16", frames=int(3.7 * 16_000))
    silence = np.zeros(rate_hz * 20, np.int16)
    sf.write(tmp_path / "talk.wav", np.concatenate((samples, silence)), rate_hz)
    return tmp_path / "talk.wav"


@linux_only
def test_what_is_said_goes_to_stdout_line_by_line_and_nothing_else(
    run_dir: Path, short: Path
) -> None:
    done = sotto("listen", "--from", short, "--pace", "max")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hello this voice")
    assert done.stdout.count("\n") == 1
    assert "\x1b" not in done.stdout
    assert "English" in done.stderr  # the built-in engine's notice
    assert_nothing_left(run_dir)


@unix_only
def test_a_segment_is_written_when_it_is_final_and_not_at_the_end(talk: Path, shared: Path) -> None:
    with listening("--from", talk, *HELLO) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        still_listening = process.poll() is None
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert first == b"one two three four\n"
    assert still_listening
    assert (process.returncode, rest) == (0, b"")


@unix_only
def test_tentative_text_is_dimmed_and_final_text_stays_on_the_screen(
    short: Path, shared: Path
) -> None:
    with in_terminal("--from", short, *HELLO) as (process, terminal):
        assert process.wait(PATIENCE_S) == 0
        terminal.wait_for("This engine is for tests")

    assert re.search(r"\x1b\[2m ?(one|two|three)", terminal.said)
    seen = ANSI.sub("", terminal.said)
    assert re.search(r"0:0\d .*[▂-█].* speech  Ctrl-C ends", seen)
    assert seen.count("one two three four\r\n") == 1
    assert "\x1b[2Ksotto: This engine is for tests" in terminal.said  # the view is gone by then


@unix_only
def test_ctrl_c_ends_with_the_text_of_what_was_said_until_then(talk: Path, shared: Path) -> None:
    with in_terminal("--from", talk, *HELLO) as (process, terminal):
        terminal.wait_for(r"0:02 ")
        ctrl_c(process)
        code = process.wait(PATIENCE_S)
        terminal.wait_for("This engine is for tests")

    assert code == 0
    assert "one two three four\r\n" in ANSI.sub("", terminal.said)


@unix_only
def test_ctrl_c_does_not_reach_a_sidecar_of_its_own(run_dir: Path, talk: Path) -> None:
    with in_terminal("--from", talk) as (process, terminal):
        terminal.wait_for(r"0:03 ")
        ctrl_c(process)
        code = process.wait(PATIENCE_S)
        terminal.wait_for("knows English only")

    assert code == 0
    assert re.search(r"\rhello this .*\r\n", ANSI.sub("", terminal.said))
    assert_nothing_left(run_dir)


@unix_only
def test_a_second_ctrl_c_gives_up_and_says_how_to_get_the_recording(
    run_dir: Path, sidecar: subprocess.Popen[bytes], talk: Path
) -> None:
    with in_terminal("--from", talk, *SCRIPTED, "--hotword", "sleep:600") as (process, terminal):
        terminal.wait_for(r"0:02 ")
        ctrl_c(process)
        terminal.wait_for("Ctrl-C again gives up")
        ctrl_c(process)
        code = process.wait(PATIENCE_S)
        terminal.wait_for(r"sotto recordings recover [0-9a-f]{32}")

    assert code == 130


@unix_only
def test_with_stdout_elsewhere_the_view_is_drawn_on_stderr_alone(
    short: Path, tmp_path: Path, shared: Path
) -> None:
    with (
        (tmp_path / "notes.txt").open("wb") as notes,
        in_terminal("--from", short, *HELLO, stdout=notes.fileno()) as (process, terminal),
    ):
        assert process.wait(PATIENCE_S) == 0

    assert (tmp_path / "notes.txt").read_text() == "one two three four\n"
    assert "speech" in terminal.said


@unix_only
def test_sigterm_ends_with_the_text_and_says_so_in_the_exit_code(
    run_dir: Path, talk: Path, sidecar: subprocess.Popen[bytes]
) -> None:
    with listening("--from", talk, *HELLO, "--format", "json") as process:
        wait_until_recorded(run_dir, 2.0)
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 143
    assert json.loads(out)["text"] == "one two three four"


@contextmanager
def listening(*args: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """`sotto listen` without a terminal."""
    with mortal(
        subprocess.Popen(
            [*SOTTO, "listen", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_recorded(run_dir: Path, seconds: float) -> None:
    """Wait until so much is in the journal."""
    deadline_s = time.monotonic() + PATIENCE_S
    size = 32_000 * seconds
    while not any(
        path.name == AUDIO and n_bytes > size
        for path, n_bytes in files_below(run_dir.parent / "data").items()
    ):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("form", "begins"),
    [("srt", "1\n00:00:00,000 --> 00:00:0"), ("vtt", "WEBVTT\n\n00:00:00.000 -->")],
)
def test_subtitles_come_at_the_end(shared: Path, short: Path, form: str, begins: str) -> None:
    done = sotto("listen", "--from", short, "--pace", "max", "--format", form, *HELLO)

    assert done.returncode == 0
    assert done.stdout.startswith(begins)
    assert "one two three four" in done.stdout


def test_json_is_that_of_transcribe(shared: Path, short: Path) -> None:
    listened = sotto("listen", "--from", short, "--pace", "max", "--format", "json", *HELLO)
    transcribed = sotto("transcribe", short, "--format", "json", *HELLO)

    one, other = json.loads(listened.stdout), json.loads(transcribed.stdout)
    assert one["segments"][0]["words"]
    assert one.keys() == other.keys()
    assert {key: one[key] for key in ("file", "partial", "text", "engine", "notices")} == {
        key: other[key] for key in ("file", "partial", "text", "engine", "notices")
    }


def test_silence_is_told_and_is_no_failure(run_dir: Path, tmp_path: Path) -> None:
    import numpy as np

    sf.write(tmp_path / "silence.wav", np.zeros(32_000), 16_000)

    done = sotto("listen", "--from", tmp_path / "silence.wav", "--pace", "max")

    assert (done.returncode, done.stdout) == (0, "")
    assert "No speech was found." in done.stderr


def test_a_dictation_that_failed_is_not_said_to_have_had_no_speech(
    run_dir: Path, short: Path
) -> None:
    done = sotto("listen", "--from", short, "--language", "de")

    assert (done.returncode, done.stdout) == (1, "")
    assert "understands en, not the language that was asked for" in done.stderr
    assert "No speech was found." not in done.stderr


@linux_only
def test_a_killed_sidecar_leaves_the_text_and_says_that_the_recording_is_kept(
    run_dir: Path, talk: Path, sidecar: subprocess.Popen[bytes]
) -> None:
    with listening("--from", talk, *HELLO) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        sidecar.kill()
        _, said = process.communicate(timeout=PATIENCE_S)

    assert first == b"one two three four\n"
    assert process.returncode == 1
    assert b"List it with: sotto recordings" in said
    assert b"Traceback" not in said


@linux_only
def test_a_reader_that_leaves_ends_the_dictation(talk: Path, shared: Path) -> None:
    with listening("--from", talk, *HELLO) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
        code = process.wait(PATIENCE_S)

    assert code == 141
    assert b"Traceback" not in said


@linux_only
@pytest.mark.parametrize("form", ["txt", "json"])
def test_a_text_that_cannot_be_written_can_be_had_from_its_recording(
    short: Path, sidecar: subprocess.Popen[bytes], form: str
) -> None:
    args = ("--from", str(short), "--pace", "max", "--format", form, *HELLO)

    with Path("/dev/full").open("wb") as full:
        failed = subprocess.run(
            [*SOTTO, "listen", *args],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
            check=False,
        )
    kept = sotto("recordings")
    recovered = sotto("recordings", "recover", "--last")

    assert failed.returncode == 1
    assert b"No space left on device" in failed.stderr
    assert kept.stdout.count("interrupted\n") == 1
    assert recovered.stdout == "one two three four\n"


@unix_only
def test_a_dictation_whose_text_was_written_leaves_no_recording(
    short: Path, sidecar: subprocess.Popen[bytes]
) -> None:
    done = sotto("listen", "--from", short, "--pace", "max", "--format", "json", *HELLO)

    assert done.returncode == 0
    assert "No recordings are kept." in sotto("recordings").stderr


def test_a_missing_recording_is_told_before_a_sidecar_is_started(run_dir: Path) -> None:
    done = sotto("listen", "--from", run_dir / "gone.wav")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Check that it exists" in done.stderr
    assert not run_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pace", "fast"), "Give a number from"),
        (("--pace", "0"), "Give a number from"),
        (("--from", CLIP, "--device", "1"), "--device is for a microphone"),
        (("--language", "x"), "language tag"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(
    run_dir: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = sotto("listen", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in ANSI.sub("", done.stderr)


def test_an_engine_that_is_not_there_is_told(run_dir: Path, short: Path) -> None:
    done = sotto("listen", "--from", short, "--pace", "max", "--engine", "nothing")

    assert (done.returncode, done.stdout) == (1, "")
    assert "No engine is called 'nothing'" in done.stderr


async def test_a_dictation_goes_on_over_another_connection_when_its_own_breaks(
    shared: Path, short: Path
) -> None:
    chunks = [pcm async for pcm in FileSource(short, pace=None).chunks()]
    texts = []

    for broken_at in (None, len(chunks) // 2, len(chunks)):
        async with (
            joined() as found,
            AsyncExitStack() as clients,
            found.client.dictate(engine="scripted") as dictation,
        ):
            link = Link(dictation, found.info, clients)
            for pcm in chunks[:broken_at]:
                await link.push(pcm)
            if broken_at is not None:
                await found.client.close()
            for pcm in chunks[broken_at or len(chunks) :]:
                await link.push(pcm)
            texts.append((await link.close()).text)

    assert texts[0]
    assert texts == texts[:1] * 3
