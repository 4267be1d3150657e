"""Every command in the documents is run as it is printed.

A `console` block is a session: commands after `$ `, and what they print, where `...`
stands for anything. A `sh` block is a script and a `python` block a program; both must
succeed. They run in a folder with two recordings, `talk.flac` and `interview.flac`, by
somebody whose last dictation broke off; its recording is called `4f1c` and zeros. The one
before is in the history.
Commands that set up a machine are run by `.ci/run` instead, which is checked here.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile as sf

from sidecar.cli.clip import CLIP
from sidecar.history.database import Database
from sidecar.history.entry import Draft
from sidecar.history.history import History
from sidecar.host.paths import private_dir
from sidecar.session.journal import Journal, RecordingInfo
from tests.process.commands import mortal

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTS = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(console|sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECORDINGS = ("talk.flac", "interview.flac")
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NOT_IN_CI = {
    "make bench": "takes a quarter of an hour, and its figures mean little on a shared machine",
    "make lock": "asks the package index for versions",
    "make clean": "removes what the others have made",
    "make web": "runs until it is ended; electron-app/tests/e2e starts what it starts",
    "make app": "needs Electron's binary, and a desktop",
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the documents speak to a shell")


@dataclass(frozen=True, slots=True)
class Block:
    document: str
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks() -> list[Block]:
    return [
        Block(path.name, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for path in DOCUMENTS
        for text in [path.read_text(encoding="utf-8")]
        for match in BLOCK.finditer(text)
    ]


def sets_up_a_machine(block: Block) -> bool:
    return block.kind == "sh" and re.match(r"make |git clone |pip ", block.text) is not None


def of(*kinds: str) -> list[Block]:
    return [each for each in blocks() if each.kind in kinds and not sets_up_a_machine(each)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with short recordings, where `sotto` is the one of this environment."""
    samples, rate_hz = sf.read(CLIP, dtype="int16", frames=40_000)
    for name in RECORDINGS:
        sf.write(tmp_path / name, samples, rate_hz)
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SOTTO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "100")
    data = private_dir(tmp_path / "data")
    remember(data)
    break_off(private_dir(data / "journal"), samples.tobytes())
    return tmp_path


def remember(data: Path) -> None:
    """Have a dictation in the history."""
    sounds, journal = private_dir(data / "history"), Journal(private_dir(data / "journal"))
    database = Database(data / "history.db", sounds)
    text = "Meet me at nine. 明天九点见"
    History(database, sounds, journal, lambda: 30).add(Draft(text, text, "builtin", 2500))
    database.close()


def break_off(folder: Path, pcm: bytes) -> None:
    """Leave the recording of a dictation that did not come to its end."""
    recording = Journal(folder).begin(RecordingInfo(16_000, "builtin", None, (), 1.7e9))
    recording.append(pcm)
    recording.keep()
    (folder / recording.name).rename(folder / f"4f1c{'0' * 28}")


def run(command: str, desk: Path) -> tuple[int, str]:
    """The exit code, and what a terminal would show."""
    if command == "sotto serve":
        return serve(desk)
    done = subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=desk,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


def serve(desk: Path) -> tuple[int, str]:
    """`sotto serve`, ended with Ctrl-C as soon as it says that this ends it."""
    with mortal(
        subprocess.Popen(
            ["sotto", "serve"], cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                process.send_signal(signal.SIGINT)
        return process.wait(timeout=20), said


def test_the_documents_show_commands() -> None:
    assert len(blocks()) > 5


@pytest.mark.parametrize("block", of("console"), ids=str)
def test_a_session_prints_what_the_document_shows(block: Block, desk: Path) -> None:
    checker = doctest.OutputChecker()
    for name in RECORDINGS:
        shutil.copy(CLIP, desk / name)
    for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, wanted = step.partition("\n")

        _, got = run(command, desk)

        assert checker.check_output(wanted, got, LOOSELY), f"$ {command}\n{got}"


@pytest.mark.timeout(330)  # some listen at the pace of speech, one after the other
@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_a_script_succeeds(block: Block, desk: Path) -> None:
    for command in re.sub(r"  #.*", "", block.text).splitlines():
        code, said = run(command.strip(), desk)
        assert code == 0, f"{command}\n{said}"


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_a_program_succeeds(block: Block, desk: Path) -> None:
    program = desk / "program.py"
    program.write_text(block.text, encoding="utf-8")

    code, said = run(f"{sys.executable} {program}", desk)

    assert code == 0, said


@pytest.mark.parametrize("block", [each for each in blocks() if sets_up_a_machine(each)], ids=str)
def test_what_sets_up_a_machine_is_run_by_the_gate(block: Block) -> None:
    gate = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    for line in block.text.splitlines():
        command = re.sub(r"\s+#.*", "", line).strip()
        assert command in gate or command in NOT_IN_CI, f"{command!r} is run by nobody"
