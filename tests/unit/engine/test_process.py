from __future__ import annotations

import os
import sys

import pytest

from sidecar.engine.process import worker_command


def test_a_worker_is_a_module_of_this_interpreter_that_imports_nothing_from_its_folder() -> None:
    command = worker_command("a:B", 0.5)

    assert command[:4] == [sys.executable, "-P", "-m", "sidecar.engine.worker"]
    assert command[4:] == ["a:B", str(os.getpid()), "0.5"]


def test_a_frozen_program_is_its_own_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    command = worker_command("a:B", 0.5)

    assert command == [sys.executable, "worker", "a:B", str(os.getpid()), "0.5"]
