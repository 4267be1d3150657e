from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from sidecar.config import ConfigError
from sidecar.host.paths import (
    SOCKET_PATH_BYTES,
    data_dir,
    private_dir,
    runtime_dir,
    socket_dir_parent,
)

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="Unix modes")


@unix_only
def test_a_private_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    path = private_dir(tmp_path / "a" / "b")

    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_private_folder_may_exist_already(tmp_path: Path) -> None:
    assert private_dir(private_dir(tmp_path / "a")) == tmp_path / "a"


@unix_only
def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o750)

    with pytest.raises(ConfigError, match="chmod 700"):
        private_dir(tmp_path / "open")


@unix_only
def test_a_link_is_refused_wherever_it_leads(tmp_path: Path) -> None:
    private_dir(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(ConfigError, match="not a link"):
        private_dir(tmp_path / "link")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError):
        private_dir(tmp_path / "file")
    with pytest.raises(ConfigError, match="cannot be made"):
        private_dir(tmp_path / "file" / "below")


@unix_only
def test_the_runtime_folder_is_below_the_sessions_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    assert runtime_dir() == tmp_path / "sotto"


@unix_only
def test_without_a_session_the_runtime_folder_is_named_after_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    assert runtime_dir() == Path(f"/tmp/sotto-{os.getuid()}")


def test_given_folders_win(tmp_path: Path) -> None:
    assert runtime_dir(tmp_path / "r") == tmp_path / "r"
    assert data_dir(tmp_path / "d") == tmp_path / "d"


@unix_only
def test_a_runtime_folder_too_deep_for_a_socket_gets_a_short_one_beside_it(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)

    short = socket_dir_parent(deep)

    assert socket_dir_parent(Path("/run/user/1000/sotto")) == Path("/run/user/1000/sotto")
    assert len(os.fsencode(short / "run-01234567" / "rpc")) <= SOCKET_PATH_BYTES
