"""`model.json`: read, written, and compared with the files that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.errors import CancelledError, ModelCorruptError
from sidecar.model_store.manifest import (
    DECODER,
    ENCODER,
    FILE,
    STEM,
    Alignment,
    Audio,
    Decoder,
    Encoder,
    Manifest,
    Source,
    Stored,
    describe,
    parse_manifest,
    read_manifest,
    verify,
    write_manifest,
)


def manifest_of(files: dict[str, Stored], **changes: Any) -> Manifest:
    whole = Manifest(
        id="tiny",
        family="qwen3-asr",
        name="Tiny",
        languages=("en", "yue"),
        licence="Apache-2.0",
        ram_bytes=1,
        source=Source(repo="owner/name", revision="main"),
        audio=Audio(),
        width=1024,
        layers=28,
        kv_heads=8,
        head_dim=128,
        max_context=65536,
        encoder=Encoder("int8"),
        decoder=Decoder("q4_k"),
        files=files,
    )
    return msgspec.structs.replace(whole, **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (STEM, ENCODER, DECODER):
        (tmp_path / name).write_bytes(name.encode() * 200_000)
    files = {name: describe(tmp_path / name) for name in (STEM, ENCODER, DECODER)}
    write_manifest(tmp_path, manifest_of(files))
    return tmp_path


def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((folder / FILE).read_bytes())
    change(content)
    (folder / FILE).write_text(json.dumps(content))


def sha256() -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=64, max_size=64)


def stored() -> st.SearchStrategy[Stored]:
    return st.builds(Stored, st.integers(0, 1 << 50), sha256())


def file_names() -> st.SearchStrategy[str]:
    return st.from_regex(r"[a-z0-9][A-Za-z0-9._-]{4,99}", fullmatch=True)


@given(
    st.dictionaries(file_names(), stored(), max_size=5),
    st.lists(st.text(min_size=2, max_size=35), max_size=5),
    st.text(min_size=1, max_size=300),
    st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
)
def test_what_is_written_is_read_again(
    files: dict[str, Stored], languages: list[str], name: str, check: dict[str, float]
) -> None:
    whole = dict.fromkeys((STEM, ENCODER, DECODER), Stored(0, "0" * 64)) | files
    manifest = manifest_of(whole, languages=tuple(languages), name=name, check=check)

    again = parse_manifest(msgspec.json.encode(manifest))

    assert again == manifest


def test_an_aligner_lists_its_table_and_its_classes() -> None:
    names = (STEM, ENCODER, "decoder.onnx", "tokenizer.gguf", "embeddings.npy")
    files = dict.fromkeys(names, Stored(0, "0" * 64))
    aligner = manifest_of(files, family="qwen3-forced-aligner", alignment=Alignment(5000, 80))

    again = parse_manifest(msgspec.json.encode(aligner))

    assert again.alignment == Alignment(5000, 80)
    with pytest.raises(ModelCorruptError, match="does not list"):
        parse_manifest(msgspec.json.encode(msgspec.structs.replace(aligner, files={})))
    with pytest.raises(ModelCorruptError, match="what an aligner answers"):
        parse_manifest(msgspec.json.encode(msgspec.structs.replace(aligner, alignment=None)))


def test_a_whole_model_verifies_and_says_how_far_it_is(folder: Path) -> None:
    said: list[tuple[int, int]] = []

    manifest = verify(folder, lambda done, total: said.append((done, total)))

    assert manifest == read_manifest(folder)
    assert said[-1] == (manifest.total_bytes, manifest.total_bytes)
    assert [done for done, _ in said] == sorted({done for done, _ in said})


@pytest.mark.parametrize("name", [STEM, ENCODER, DECODER])
def test_one_flipped_bit_is_found(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(ModelCorruptError, match=f"{name} has changed") as raised:
        verify(folder)

    assert raised.value.detail == name
    read_manifest(folder)  # cheap, and so sees sizes alone


def test_a_truncated_file_is_found_without_reading_it(folder: Path) -> None:
    content = (folder / DECODER).read_bytes()
    (folder / DECODER).write_bytes(content[:-1])

    with pytest.raises(ModelCorruptError, match="bytes instead of") as raised:
        read_manifest(folder)

    assert raised.value.detail == DECODER


def test_a_missing_file_is_found(folder: Path) -> None:
    (folder / ENCODER).unlink()

    with pytest.raises(ModelCorruptError, match="is missing") as raised:
        read_manifest(folder)

    assert raised.value.detail == ENCODER


def test_a_link_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / DECODER
    (folder / DECODER).replace(elsewhere)
    (folder / DECODER).symlink_to(elsewhere)

    with pytest.raises(ModelCorruptError, match="is missing"):
        read_manifest(folder)


def test_a_model_of_a_later_format_asks_for_an_update(folder: Path) -> None:
    changed(folder, lambda content: content.update(format=2, family="new", files=[]))

    with pytest.raises(ModelCorruptError, match=r"format 2.*Update Sotto"):
        read_manifest(folder)


def test_an_unknown_family_asks_for_an_update(folder: Path) -> None:
    changed(folder, lambda content: content.update(family="whisper"))

    with pytest.raises(ModelCorruptError, match=r"family.*qwen3-asr"):
        read_manifest(folder)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/b", "a\\b", ".hidden", "", "nul", "COM1.onnx", "a:b", "x\n"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    entry = {"bytes": 1, "sha256": "0" * 64}
    changed(folder, lambda content: content["files"].update({name: entry}))

    with pytest.raises(ModelCorruptError) as raised:
        read_manifest(folder)

    assert raised.value.detail == FILE


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with pytest.raises(ModelCorruptError):
        parse_manifest(content)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_damage_crashes_the_reader(at: int, byte: int) -> None:
    files = dict.fromkeys((STEM, ENCODER, DECODER), Stored(1, "0" * 64))
    content = bytearray(msgspec.json.encode(manifest_of(files)))
    content[at % len(content)] = byte

    with suppress(ModelCorruptError):
        assert set(parse_manifest(bytes(content)).files) >= {STEM, ENCODER, DECODER}


def test_a_missing_manifest_is_damage(tmp_path: Path) -> None:
    with pytest.raises(ModelCorruptError, match="cannot be read"):
        read_manifest(tmp_path)


def test_an_endless_manifest_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b" " * (1 << 21))

    with pytest.raises(ModelCorruptError, match="too long"):
        read_manifest(tmp_path)


def test_values_out_of_bounds_are_not_written(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    manifest = read_manifest(folder)

    with pytest.raises(ModelCorruptError):
        write_manifest(folder, msgspec.structs.replace(manifest, layers=0))

    assert (folder / FILE).read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {FILE, STEM, ENCODER, DECODER}


def test_whoever_is_told_may_end_the_work(folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        verify(folder, stop)
