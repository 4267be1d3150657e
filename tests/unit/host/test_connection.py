from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.host.connection import (
    FILE,
    AlreadyRunningError,
    ConnectionInfo,
    Publication,
    read_connection,
)

INFO = ConnectionInfo("ipc:///x", "server", "public", "very-secret", "0" * 16, 7)


def test_what_is_published_can_be_read_and_is_gone_when_withdrawn(tmp_path: Path) -> None:
    publication = Publication(tmp_path)
    publication.write(INFO)

    found = read_connection(tmp_path)
    publication.withdraw()
    publication.withdraw()

    assert found == INFO
    assert read_connection(tmp_path) is None


def test_only_one_may_publish_at_a_time(tmp_path: Path) -> None:
    first = Publication(tmp_path)
    with pytest.raises(AlreadyRunningError, match="running already"):
        Publication(tmp_path)

    first.withdraw()

    Publication(tmp_path).withdraw()


def test_withdrawing_late_does_not_remove_the_file_of_the_next_one(tmp_path: Path) -> None:
    first = Publication(tmp_path)
    first.withdraw()
    second = Publication(tmp_path)
    second.write(INFO)

    first.withdraw()

    assert read_connection(tmp_path) == INFO
    second.withdraw()


def test_a_left_over_file_is_removed_before_it_misleads(tmp_path: Path) -> None:
    publication = Publication(tmp_path)
    publication.write(INFO)
    (tmp_path / "copy").write_bytes((tmp_path / FILE).read_bytes())
    publication.withdraw()
    (tmp_path / "copy").rename(tmp_path / FILE)

    later = Publication(tmp_path)

    assert read_connection(tmp_path) is None
    later.withdraw()


def test_a_second_write_replaces_the_first(tmp_path: Path) -> None:
    publication = Publication(tmp_path)
    publication.write(INFO)
    publication.write(dataclasses.replace(INFO, pid=8))

    found = read_connection(tmp_path)

    assert found is not None
    assert found.pid == 8
    publication.withdraw()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix modes")
def test_a_file_that_others_can_read_is_not_trusted(tmp_path: Path) -> None:
    publication = Publication(tmp_path)
    publication.write(INFO)

    (tmp_path / FILE).chmod(0o644)

    assert read_connection(tmp_path) is None
    publication.withdraw()


@given(st.binary(max_size=200) | st.just(b'{"endpoint": 1}'))
def test_no_content_of_the_file_can_do_harm(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bad")
    (folder / FILE).write_bytes(content)
    (folder / FILE).chmod(0o600)

    assert read_connection(folder) is None


def test_the_secret_is_not_shown() -> None:
    assert "very-secret" not in repr(INFO)
