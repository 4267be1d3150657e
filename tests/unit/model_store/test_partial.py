from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from sidecar.model_store.partial import PartialFile, is_whole
from sidecar.model_store.plan import PlannedFile
from tests.unit.model_store.hub import blocks, git_oid, sha256

CONTENT = blocks(100)
FILE = PlannedFile(name="a.bin", bytes=100, sha256=sha256(CONTENT))


@settings(max_examples=40)  # each goes to the disk for good
@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted), max_size=12),
    st.data(),
)
def test_a_file_is_taken_up_where_any_run_has_left_it(
    spans: list[list[int]], data: st.DataObject
) -> None:
    folder = Path(tempfile.mkdtemp())
    part = PartialFile(folder, FILE)
    for start, end in spans:
        part.write(start, CONTENT[start:end])
        if data.draw(st.booleans()):
            part.close()
            part = PartialFile(folder, FILE)

    for start, end in part.gaps():
        assert not part.is_right()
        part.write(start, CONTENT[start:end])

    assert part.is_right()
    part.finish()
    assert [path.name for path in folder.iterdir()] == ["a.bin"]
    assert is_whole(folder / "a.bin", FILE)
    shutil.rmtree(folder)


@given(st.integers(0, 200))
def test_a_journal_that_was_cut_off_anywhere_never_claims_what_is_not_there(cut: int) -> None:
    folder = Path(tempfile.mkdtemp())
    part = PartialFile(folder, FILE)
    part.name_version('"v1"')
    for start in (60, 0, 20, 80):
        part.write(start, CONTENT[start : start + 20])
    part.close()
    journal = folder / "a.bin.ranges"
    journal.write_bytes(journal.read_bytes()[:cut])

    again = PartialFile(folder, FILE)

    written = {at for start in (60, 0, 20, 80) for at in range(start, start + 20)}
    missing = {at for start, end in again.gaps() for at in range(start, end)}
    assert missing >= set(range(100)) - written
    assert again.etag in ("", '"v1"')
    again.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("line", ["0 101", "-5 20", "30 20", "x y", "0", "etag nothing", "\xff"])
def test_a_line_of_the_journal_that_cannot_be_is_not_believed(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    (tmp_path / "a.bin.ranges").write_bytes(f"0 10\n{line}\n10 20\n".encode("latin-1"))

    part = PartialFile(tmp_path, FILE)

    assert part.n_bytes == 10
    part.close()


def test_a_journal_without_its_file_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a.bin.ranges").write_text("0 100\n")

    part = PartialFile(tmp_path, FILE)

    assert (part.n_bytes, part.resumed) == (0, False)
    part.close()


def test_one_wrong_byte_on_the_disk_is_found(tmp_path: Path) -> None:
    part = PartialFile(tmp_path, FILE)
    part.write(0, CONTENT[:99] + b"?")

    right = part.is_right()
    part.reset()
    part.write(0, CONTENT)

    assert (right, part.is_right()) == (False, True)
    part.close()


def test_what_comes_late_is_not_written(tmp_path: Path) -> None:
    part = PartialFile(tmp_path, FILE)
    part.close()

    part.write(0, CONTENT)
    part.name_version('"late"')
    part.reset()
    part.finish()

    assert (tmp_path / "a.bin.part").read_bytes() == b""
    assert not (tmp_path / "a.bin").exists()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "a.bin.part").symlink_to(tmp_path / "victim")

    with pytest.raises(OSError, match="symbolic"):
        PartialFile(tmp_path, FILE)

    assert (tmp_path / "victim").read_text() == "mine"


def test_a_file_is_whole_if_its_size_and_hash_are_right(tmp_path: Path) -> None:
    blob = PlannedFile(name="a.bin", bytes=100, git_oid=git_oid(CONTENT))
    path = tmp_path / "a.bin"

    path.write_bytes(CONTENT)
    right = (is_whole(path, FILE), is_whole(path, blob))
    path.write_bytes(CONTENT[:99])
    shorter = (is_whole(path, FILE), is_whole(path, blob))
    path.write_bytes(CONTENT[:99] + b"?")
    changed = (is_whole(path, FILE), is_whole(path, blob))

    assert (right, shorter, changed) == ((True, True), (False, False), (False, False))
    assert not is_whole(tmp_path / "none", FILE)
