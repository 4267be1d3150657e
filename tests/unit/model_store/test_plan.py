"""What is downloaded of a model, and that it stays settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.errors import ChecksumError, DownloadError
from sidecar.model_store.plan import discard_plan, make_plan, read_plan, write_plan
from sidecar.model_store.sources import Listing, RemoteFile, source_named
from tests.unit.model_store.hub import COMMIT, sha256
from tests.unit.model_store.stores import CHECKPOINT, entry

HUB = source_named("huggingface")


def listing(**changes: RemoteFile) -> Listing:
    files = {
        name: RemoteFile(name, len(content), sha256(content))
        for name, content in {**CHECKPOINT, "README.md": b"# Tiny"}.items()
    }
    files |= {name.replace("_", "."): file for name, file in changes.items()}
    return Listing(COMMIT, tuple(files.values()))


def test_what_is_planned_is_what_a_checkpoint_is_made_of_the_smallest_first() -> None:
    plan = make_plan(entry("huggingface", pins=False), HUB, listing())

    assert [file.name for file in plan.files] == ["config.json", "vocab.json", "model.safetensors"]
    assert plan.n_bytes == sum(map(len, CHECKPOINT.values()))
    assert plan.revision == COMMIT


def test_a_source_with_another_size_or_hash_than_the_catalogue_is_refused() -> None:
    for other in (RemoteFile("vocab.json", 9, ""), RemoteFile("vocab.json", 8, "0" * 64)):
        with pytest.raises(ChecksumError) as caught:
            make_plan(entry("huggingface"), HUB, listing(vocab_json=other))

        assert caught.value.detail == "vocab.json"


def test_a_file_without_a_hash_is_not_planned() -> None:
    with pytest.raises(DownloadError, match="hashes"):
        make_plan(
            entry("huggingface", pins=False), HUB, listing(vocab_json=RemoteFile("vocab.json", 8))
        )


def test_a_plan_outlives_who_made_it(tmp_path: Path) -> None:
    plan = make_plan(entry("hf-mirror"), source_named("hf-mirror"), None)

    write_plan(tmp_path, plan)
    read = read_plan(tmp_path)
    discard_plan(tmp_path)
    discard_plan(tmp_path)

    assert read == plan
    assert read_plan(tmp_path) is None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b'{"version": 2}', b"[" * 5000, b'{"version": 1, "files": []}']
)
def test_a_plan_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)

    assert read_plan(tmp_path) is None


def test_a_plan_with_a_name_that_is_not_safe_is_none(tmp_path: Path) -> None:
    plan = make_plan(entry("hf-mirror"), source_named("hf-mirror"), None)
    write_plan(tmp_path, plan)
    path = tmp_path / "plan.json"
    path.write_text(path.read_text().replace("vocab.json", "../vocab.json"))

    assert read_plan(tmp_path) is None


def test_who_tells_nothing_has_no_plan() -> None:
    with pytest.raises(DownloadError):
        make_plan(entry("huggingface", pins=False), HUB, Listing(COMMIT, ()))
