from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.host.program import command

NAMES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
TELL = (
    "import os, sys; sys.argv = ['sotto', '--version']\n"
    "from sidecar.__main__ import main\n"
    "try: main()\n"
    f"finally: print(*(os.environ[name] for name in {NAMES}))"
)


def test_we_are_a_module_of_this_interpreter_that_imports_nothing_from_its_folder() -> None:
    assert command("worker", "a:B") == [sys.executable, "-P", "-m", "sidecar", "worker", "a:B"]


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert command("worker", "a:B") == [sys.executable, "worker", "a:B"]


@pytest.mark.parametrize("asked_for", [None, "3"])
def test_linear_algebra_keeps_to_one_thread_unless_somebody_asked_for_more(
    asked_for: str | None,
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    if asked_for:
        environment |= dict.fromkeys(NAMES, asked_for)

    said = subprocess.run(
        [sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=False
    )

    assert said.stdout.split()[-2:] == [asked_for or "1"] * 2


def test_no_library_notes_who_we_are_or_what_we_do(tmp_path: Path) -> None:
    load = (
        "import sys; sys.argv = ['sotto', '--version']\n"
        "from sidecar.__main__ import main\n"
        "try: main()\n"
        "finally: import onnxruntime"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "0"}
    environment.pop("XDG_CACHE_HOME", None)

    subprocess.run([sys.executable, "-c", load], env=environment, capture_output=True, check=True)

    assert not list(tmp_path.rglob("*"))
