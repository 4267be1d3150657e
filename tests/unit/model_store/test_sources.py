"""What a hub says it has, and the plan that is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sidecar.errors import ChecksumError, DownloadError, InvalidParamsError
from sidecar.model_store.catalogue import CatalogueEntry, PinnedFile
from sidecar.model_store.options import WebOptions
from sidecar.model_store.plan import (
    Plan,
    make_plan,
)
from sidecar.model_store.sources import source_named
from sidecar.model_store.web import Web
from tests.unit.model_store.hub import COMMIT, REPO, Hub, git_oid, sha256, status

FILES = {"config.json": b"{}", "merges.txt": b"a b", "model.safetensors": b"weights"}
QUICK = WebOptions(stall_s=1, waits_s=(0.0, 0.0))


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub({**FILES, "README.md": b"# Model", "other.bin": b"?"}) as hub:
        hub.lfs = {"model.safetensors"}
        yield hub


def entry(**changes: Any) -> CatalogueEntry:
    given = {
        "id": "some-model",
        "name": "Some model",
        "family": "qwen3-asr",
        "languages": ("en",),
        "streaming": True,
        "licence": "Apache-2.0",
        "installed_bytes": 10,
        "ram_bytes": 10,
        "repo": REPO,
    }
    return CatalogueEntry(**{**given, **changes})


def pinned(**changes: bytes) -> tuple[PinnedFile, ...]:
    contents = {**FILES, **{name.replace("_", "."): body for name, body in changes.items()}}
    return tuple(
        PinnedFile(name=name, bytes=len(body), sha256=sha256(body))
        for name, body in contents.items()
    )


async def plan_from(hub: Hub, kind: str, wanted: CatalogueEntry) -> Plan:
    source = source_named(f"{kind}{hub.url}")
    async with Web(QUICK) as web:
        listing = await source.listing(web, wanted.repo, wanted.revision)
    return make_plan(wanted, source, listing)


async def test_hugging_face_tells_the_commit_and_the_hashes(hub: Hub) -> None:
    plan = await plan_from(hub, "hf+", entry())

    found = {file.name: file for file in plan.files}
    assert plan.revision == COMMIT
    assert set(found) == set(FILES)
    assert found["model.safetensors"].sha256 == sha256(b"weights")
    assert found["config.json"].git_oid == git_oid(b"{}")
    assert [file.bytes for file in plan.files] == [2, 3, 7]  # what fails fails early


async def test_a_long_list_comes_in_pages(hub: Hub) -> None:
    hub.page_size = 2

    plan = await plan_from(hub, "hf+", entry())

    assert {file.name for file in plan.files} == set(FILES)


async def test_a_page_of_somebody_else_is_not_asked_for(hub: Hub) -> None:
    with Hub({}) as other:
        link = {"Link": f'<{other.url}/api/models/{REPO}/tree/{COMMIT}>; rel="next"'}
        hub.tricks["api"] = [lambda handler: handler.reply(200, b"[]", link)]

        with pytest.raises(DownloadError):
            await plan_from(hub, "hf+", entry(revision=COMMIT))

        assert not other.asked


async def test_modelscope_tells_the_hashes(hub: Hub) -> None:
    plan = await plan_from(hub, "modelscope+", entry(revision=COMMIT))

    assert plan.revision == "master"
    assert {file.name: file.sha256 for file in plan.files} == {
        name: sha256(body) for name, body in FILES.items()
    }


@pytest.mark.parametrize("kind", ["hf+", "modelscope+", ""])
async def test_the_catalogue_decides_what_is_downloaded(hub: Hub, kind: str) -> None:
    plan = await plan_from(hub, kind, entry(files=pinned()))

    assert {file.name: file.sha256 for file in plan.files} == {
        name: sha256(body) for name, body in FILES.items()
    }


@pytest.mark.parametrize("kind", ["hf+", "modelscope+"])
async def test_a_hub_with_another_file_than_the_catalogue_is_refused(hub: Hub, kind: str) -> None:
    with pytest.raises(ChecksumError) as caught:
        await plan_from(hub, kind, entry(files=pinned(model_safetensors=b"WEIGHTS")))

    assert caught.value.detail == "model.safetensors"


async def test_a_hub_that_lacks_a_file_is_refused(hub: Hub) -> None:
    del hub.files["merges.txt"]

    with pytest.raises(DownloadError, match="all files"):
        await plan_from(hub, "hf+", entry(files=pinned()))


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "Evil.json", "nul.json"]
)
async def test_names_that_are_not_safe_are_refused(hub: Hub, name: str) -> None:
    node = {"type": "file", "path": name, "size": 1, "oid": "0" * 40}
    hub.listed["x"] = node
    hub.listed["y"] = {**node, "path": name.lower()}  # the same one where case is ignored

    with pytest.raises(ChecksumError, match="not safe"):
        await plan_from(hub, "hf+", entry())


async def test_links_and_folders_are_no_files(hub: Hub) -> None:
    hub.listed["x"] = {"type": "symlink", "path": "x.json", "size": 1, "oid": "0" * 40}

    plan = await plan_from(hub, "hf+", entry())

    assert "x.json" not in {file.name for file in plan.files}


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[1]", b'[{"type": "file"}]', b"[" * 5000, b'{"sha": "main"}'],
)
@pytest.mark.parametrize("kind", ["hf+", "modelscope+"])
async def test_an_answer_that_makes_no_sense_is_refused(hub: Hub, kind: str, body: bytes) -> None:
    hub.tricks["api"] = [lambda handler: handler.reply(200, body)] * 3

    with pytest.raises(DownloadError, match="another source"):
        await plan_from(hub, kind, entry())


async def test_an_answer_that_never_ends_is_refused(hub: Hub) -> None:
    hub.tricks["api"] = [lambda handler: handler.reply(200, b" " * (17 << 20))]

    with pytest.raises(DownloadError, match="more than can be"):
        await plan_from(hub, "hf+", entry())


async def test_a_hub_that_is_busy_is_asked_again(hub: Hub) -> None:
    hub.tricks["api"] = [status(503), status(429)]

    plan = await plan_from(hub, "hf+", entry())

    assert plan.revision == COMMIT


async def test_a_hub_that_does_not_have_it_says_so(hub: Hub) -> None:
    with pytest.raises(DownloadError, match="another source"):
        await plan_from(hub, "hf+", entry(repo="owner/none"))


async def test_a_plain_folder_needs_the_hashes_of_the_catalogue(hub: Hub) -> None:
    with pytest.raises(DownloadError, match="what it has"):
        await plan_from(hub, "", entry())


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nowhere",
        "ftp+https://host",
        "hf+ftp://host",
        "hf+https://",
        "https://user:password@host/folder",
        "https://host/folder?query",
        "file:///etc/passwd",
        "/local/folder",
        "hf+https://host/ space",
    ],
)
def test_a_source_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(InvalidParamsError, match="huggingface, hf-mirror, modelscope"):
        source_named(name)


def test_sources_that_everybody_knows_have_names() -> None:
    urls = {
        name: source_named(name).url("o/r", "v1", "a.json")
        for name in ("huggingface", "hf-mirror", "modelscope", "https://host/models/it/")
    }

    assert urls == {
        "huggingface": "https://huggingface.co/o/r/resolve/v1/a.json",
        "hf-mirror": "https://hf-mirror.com/o/r/resolve/v1/a.json",
        "modelscope": "https://www.modelscope.cn/models/o/r/resolve/v1/a.json",
        "https://host/models/it/": "https://host/models/it/a.json",
    }
