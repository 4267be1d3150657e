from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.session.manifest import (
    FILE,
    Manifest,
    RecordingInfo,
    read_manifest,
    write_manifest,
)

WORDS = st.text(min_size=1, max_size=64)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@given(
    st.builds(
        RecordingInfo,
        st.integers(8000, 192_000),
        st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
        st.none() | st.text(min_size=2, max_size=35),
        st.lists(WORDS, max_size=5).map(tuple),
        st.floats(0, 2**53 - 1),
    ),
    st.sampled_from(["open", "interrupted", "finished"]),
)
def test_what_is_written_is_read(info: RecordingInfo, state: str) -> None:
    manifest = Manifest(state=state, info=info)  # type: ignore[arg-type]

    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            write_manifest(Path(folder), manifest)
        left = names_in(Path(folder))
        read = read_manifest(Path(folder))

    assert read == manifest
    assert left == [FILE]


@given(st.binary(max_size=300))
def test_other_content_is_no_manifest(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(content)
        assert read_manifest(Path(folder)) is None


def test_a_later_version_may_say_more(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '{"version":1,"state":"open","more":[1],"info":{"rate_hz":16000,"engine":"builtin",'
        '"language":null,"hotwords":[],"began_s":1.0,"more":{}}}'
    )

    manifest = read_manifest(tmp_path)

    assert manifest == Manifest(state="open", info=RecordingInfo(16_000, "builtin", None, (), 1.0))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(state="open", info=RecordingInfo(1, "a", None, (), 1.0)))
    (tmp_path / FILE).rename(tmp_path / "elsewhere")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")

    assert read_manifest(tmp_path) is None


def test_a_manifest_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    with pytest.raises(OSError, match=r"irectory|denied"):
        write_manifest(tmp_path, Manifest(state="open", info=RecordingInfo(1, "a", None, (), 1.0)))

    assert names_in(tmp_path) == [FILE]
