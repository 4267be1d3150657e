from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sidecar.cli.checks import Check, check_machine
from sidecar.cli.doctor import report

OK = Check("Python", "ok", "3.11")
WARNING = Check("Speech detector", "warning", "energy only", "Install Silero.")
BROKEN = Check("Engine x", "broken", "does not load", "Install it again.")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTTO_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SOTTO_DATA_DIR", str(tmp_path / "data"))


def found(name: str) -> Check:
    return next(check for check in check_machine() if check.name == name)


def test_this_machine_has_what_sotto_needs() -> None:
    checks = check_machine()

    assert [check.name for check in checks if check.status == "broken"] == []
    assert all(check.found for check in checks)
    assert all(check.fix for check in checks if check.status != "ok")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_folder_that_others_can_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o755)

    check = found("Private folder")

    assert check.status == "broken"
    assert "chmod 700" in check.found


def test_a_setting_that_cannot_be_used_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOTTO_LOG_LEVEL", "loud")

    check = found("Disk")

    assert check.status == "broken"
    assert "log_level" in check.found


def test_a_library_that_does_not_load_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise OSError('libavcodec.so.99: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "av", raising=False)

    check = found("Compressed audio")

    assert check == Check(
        "Compressed audio",
        "broken",
        "OSError: libavcodec.so.99: cannot open",
        "Install Sotto again; its dependencies are not complete.",
    )


@pytest.mark.parametrize(("checks", "code"), [([OK], 0), ([OK, WARNING], 0), ([OK, BROKEN], 1)])
def test_only_what_is_broken_makes_the_exit_code_one(checks: list[Check], code: int) -> None:
    assert report(checks, as_json=False) == code


def test_the_table_says_how_to_fix_what_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    report([OK, WARNING], as_json=False)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["ok", "Python", "3.11"],
        ["warning", "Speech", "detector", "energy", "only"],
        ["Install", "Silero."],
    ]


def test_programs_get_the_same_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    report([BROKEN], as_json=True)

    assert json.loads(capsysbinary.readouterr().out) == [
        {
            "name": "Engine x",
            "status": "broken",
            "found": "does not load",
            "fix": "Install it again.",
        }
    ]
