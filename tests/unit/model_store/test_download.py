"""Downloads from a hub that misbehaves: what comes of them is right, or is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.clock import SystemClock
from sidecar.errors import ChecksumError, DownloadError, LicenceError
from sidecar.model_store.download import Download
from sidecar.model_store.options import WebOptions
from sidecar.model_store.plan import Plan, PlannedFile
from sidecar.model_store.sources import source_named
from sidecar.model_store.web import Web
from tests.unit.model_store.hub import (
    COMMIT,
    REPO,
    TOKEN,
    Hub,
    Told,
    behave,
    blocks,
    break_off_after,
    git_oid,
    other,
    reset_after,
    send_to,
    sha256,
    stall_after,
    status,
    whole,
)

PIECE = 64 << 10
BIG, SMALL = "model.safetensors", "config.json"
QUICK = WebOptions(connections=3, stall_s=0.4, waits_s=(0.0, 0.0, 0.0))

Fetch = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub({BIG: blocks(5 * PIECE + 123), SMALL: b'{"a": 1}'}) as hub:
        yield hub


@pytest.fixture
def plan(hub: Hub) -> Plan:
    return plan_of(hub)


@pytest.fixture
def fetch(hub: Hub, plan: Plan, tmp_path: Path) -> Fetch:
    """Runs a download into `tmp_path`; gives what it told."""

    async def fetch(options: WebOptions = QUICK, plan: Plan = plan, **tokens: str) -> list[Any]:
        told = Told()
        source = source_named(f"hf+{hub.url}")
        async with Web(options, tokens) as web:
            await Download(
                web,
                source,
                plan,
                tmp_path,
                clock=SystemClock(),
                on_progress=told,
                piece_bytes=PIECE,
            ).run()
        return told.events

    return fetch


def plan_of(hub: Hub) -> Plan:
    files = tuple(
        PlannedFile(name=name, bytes=len(content), sha256=sha256(content))
        for name, content in hub.files.items()
    )
    return Plan(source=f"hf+{hub.url}", repo=REPO, revision=COMMIT, files=files)


def assert_all_there(hub: Hub, folder: Path) -> None:
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == hub.files  # and no part or journal is left


def assert_nothing_there(folder: Path, name: str) -> None:
    assert not (folder / name).exists()
    part = folder / f"{name}.part"
    assert not part.exists() or part.stat().st_size == 0


async def test_files_are_fetched_in_pieces_side_by_side(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    told = await fetch()

    assert_all_there(hub, tmp_path)
    assert sorted(hub.spans(BIG)) == sorted(
        f"bytes={at}-{min(at + PIECE, 5 * PIECE + 123) - 1}" for at in range(0, 6 * PIECE, PIECE)
    )
    assert hub.spans(SMALL) == [""]
    total = sum(map(len, hub.files.values()))
    assert (told[0].done, told[0].total, told[-1].done) == (0, total, total)


async def test_a_file_that_git_holds_is_checked_as_a_blob(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    blob = PlannedFile(name=SMALL, bytes=8, git_oid=git_oid(hub.files[SMALL]))
    wrong = PlannedFile(name=SMALL, bytes=8, git_oid=git_oid(b'{"a": 2}'))
    plan = Plan(source="hf", repo=REPO, revision=COMMIT, files=(blob,))

    await fetch(plan=plan)
    (tmp_path / SMALL).unlink()

    assert plan.n_bytes == 8
    with pytest.raises(ChecksumError):
        await fetch(
            plan=Plan(source="hf", repo=REPO, revision=COMMIT, files=(wrong,)),
        )


@pytest.mark.parametrize(
    "tricks",
    [
        [break_off_after(1000)],
        [break_off_after(0), break_off_after(10), break_off_after(PIECE - 1)],
        [reset_after(1000)],
        [reset_after(0)],
        [stall_after(1000)],
        [status(503), status(500), status(502)],
        [status(429, Retry_After="0")],
        [status(408)],
        [status(416)],
        [whole],
    ],
    ids=["cut", "cuts", "reset", "refused", "stalled", "5xx", "429", "408", "416", "no-ranges"],
)
async def test_a_hiccup_is_survived(
    hub: Hub, fetch: Fetch, tmp_path: Path, tricks: list[Any]
) -> None:
    hub.tricks[BIG] = [behave, *tricks]

    await fetch()

    assert_all_there(hub, tmp_path)


async def test_what_came_before_a_hiccup_is_not_fetched_again(hub: Hub, fetch: Fetch) -> None:
    hub.tricks[BIG] = [break_off_after(1000)]

    await fetch(WebOptions(connections=1, waits_s=(0.0,)))

    assert [span for span in hub.spans(BIG) if span.endswith(f"-{PIECE - 1}")] == [
        f"bytes=0-{PIECE - 1}",
        f"bytes=1000-{PIECE - 1}",
    ]


@pytest.mark.parametrize(
    ("trick", "error"),
    [
        (status(404), DownloadError),
        (status(410), DownloadError),
        (status(401), LicenceError),
        (status(403), LicenceError),
        (status(400), DownloadError),
    ],
)
async def test_a_refusal_ends_it_at_once(
    hub: Hub, fetch: Fetch, trick: Any, error: type[Exception]
) -> None:
    hub.tricks[SMALL] = [trick]

    with pytest.raises(error) as caught:
        await fetch()

    assert len(hub.spans(SMALL)) == 1
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("trick", [break_off_after(0), reset_after(0), stall_after(0), status(503)])
async def test_a_source_that_never_recovers_is_given_up(
    hub: Hub, fetch: Fetch, tmp_path: Path, trick: Any
) -> None:
    hub.tricks[SMALL] = [trick] * 50

    with pytest.raises(DownloadError, match="kept"):
        await fetch(WebOptions(stall_s=0.05, waits_s=(0.0, 0.0)))

    assert len(hub.spans(SMALL)) == 3
    assert not (tmp_path / SMALL).exists()


async def test_a_source_that_is_not_there_is_named_as_such(plan: Plan, tmp_path: Path) -> None:
    with Hub({}) as gone:
        source = source_named(f"hf+{gone.url}")

    async with Web(QUICK) as web:
        download = Download(web, source, plan, tmp_path, clock=SystemClock(), on_progress=Told())
        with pytest.raises(DownloadError, match="check the connection"):
            await download.run()


async def test_a_source_may_say_when_to_come_back(hub: Hub, fetch: Fetch) -> None:
    hub.tricks[SMALL] = [status(429, Retry_After="3600")]

    with pytest.raises(DownloadError, match="too much to do") as caught:
        await fetch()

    assert caught.value.retry_after_ms == 3_600_000
    assert len(hub.spans(SMALL)) == 1


@pytest.mark.parametrize("wrong", [b"x" * 8, b"{}", b'{"a": 1} '])
async def test_another_file_in_its_place_is_thrown_away(
    hub: Hub, fetch: Fetch, tmp_path: Path, wrong: bytes
) -> None:
    hub.tricks[SMALL] = [other(wrong)] * 50

    with pytest.raises(ChecksumError) as caught:
        await fetch()

    assert caught.value.detail == SMALL
    assert_nothing_there(tmp_path, SMALL)


async def test_a_large_file_with_one_wrong_bit_is_thrown_away(
    hub: Hub, fetch: Fetch, tmp_path: Path, plan: Plan
) -> None:
    flipped = bytearray(hub.files[BIG])
    flipped[3 * PIECE + 7] ^= 1
    hub.files[BIG] = bytes(flipped)

    with pytest.raises(ChecksumError) as caught:
        await fetch()

    assert caught.value.detail == BIG
    assert_nothing_there(tmp_path, BIG)


async def test_a_longer_file_is_noticed_before_it_is_fetched(hub: Hub, fetch: Fetch) -> None:
    hub.files[BIG] += b"more"

    with pytest.raises(ChecksumError):
        await fetch()

    assert len(hub.spans(BIG)) <= QUICK.connections


async def test_a_cancelled_download_is_resumed(hub: Hub, fetch: Fetch, tmp_path: Path) -> None:
    hub.tricks[BIG] = [behave, behave, *[stall_after(1000)] * 3]
    running = asyncio.ensure_future(fetch(WebOptions(connections=1, stall_s=30)))
    await asyncio.to_thread(hub.stalled.acquire)

    running.cancel()
    await asyncio.wait([running])
    hub.asked.clear()
    hub.tricks[BIG].clear()
    told = await fetch(WebOptions(connections=1))

    assert running.cancelled()
    assert_all_there(hub, tmp_path)
    assert hub.spans(BIG)[0] == f"bytes={2 * PIECE}-{3 * PIECE - 1}"
    assert [one.headers["if-range"] for one in hub.asked if one.path.endswith(BIG)] == (
        [hub.etag(BIG)] * 4
    )
    assert told[0].done == 2 * PIECE


async def test_pieces_of_another_version_are_dropped(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    hub.tricks[BIG] = [behave, behave, *[status(404)] * 9]
    hub.etags[BIG] = '"older"'
    with pytest.raises(DownloadError):
        await fetch(WebOptions(connections=1))
    del hub.etags[BIG]
    hub.tricks[BIG].clear()
    hub.asked.clear()

    await fetch(WebOptions(connections=1))

    assert_all_there(hub, tmp_path)
    assert hub.spans(BIG)[1] == f"bytes=0-{PIECE - 1}"


async def test_a_version_that_changes_all_the_time_is_given_up(hub: Hub, fetch: Fetch) -> None:
    versions = iter(range(1000))

    def change(handler: Any) -> None:
        hub.etags[BIG] = f'"{next(versions)}"'
        handler.serve()

    hub.tricks[BIG] = [change] * 100

    with pytest.raises(ChecksumError, match="changes it"):
        await fetch(WebOptions(connections=1))


async def test_pieces_that_were_damaged_on_disk_are_fetched_again(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    hub.tricks[BIG] = [behave, behave, *[status(404)] * 9]
    with pytest.raises(DownloadError):
        await fetch(WebOptions(connections=1))
    hub.tricks[BIG].clear()
    with (tmp_path / f"{BIG}.part").open("r+b") as file:
        file.seek(PIECE + 5)
        file.write(b"?")

    await fetch()

    assert_all_there(hub, tmp_path)


async def test_a_finished_file_that_was_damaged_since_is_fetched_again(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    await fetch()
    (tmp_path / SMALL).write_bytes(b'{"a": 2}')
    hub.asked.clear()

    await fetch()

    assert_all_there(hub, tmp_path)
    assert [one.path.rpartition("/")[2] for one in hub.asked] == [SMALL]


async def test_a_token_is_shown_to_the_source_and_to_nobody_it_sends_us_to(
    hub: Hub, fetch: Fetch, tmp_path: Path
) -> None:
    with Hub(hub.files) as elsewhere:
        hub.tricks[SMALL] = [send_to(elsewhere.url)]
        hub.tricks[BIG] = [send_to(elsewhere.url)] * 6

        await fetch(**{hub.url: TOKEN})

        assert_all_there(hub, tmp_path)
        assert {one.headers.get("authorization") for one in hub.asked} == {f"Bearer {TOKEN}"}
        assert {one.headers.get("authorization") for one in elsewhere.asked} == {None}
        assert len(elsewhere.asked) == 7


async def test_a_source_may_not_send_us_where_nothing_is_encrypted(hub: Hub, fetch: Fetch) -> None:
    hub.tricks[SMALL] = [send_to("http://192.0.2.1")]

    with pytest.raises(DownloadError, match="https"):
        await fetch()


async def test_a_source_that_sends_us_in_circles_is_given_up(hub: Hub, fetch: Fetch) -> None:
    hub.tricks[SMALL] = [send_to(hub.url)] * 100

    with pytest.raises(DownloadError, match="understood"):
        await fetch()
