from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sidecar.errors import DownloadError
from sidecar.model_store.options import WebOptions
from sidecar.model_store.web import HiccupError, Patience, Web
from tests.unit.model_store.hub import TOKEN, Hub, status

QUICK = WebOptions(waits_s=(0.0, 0.0))


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub({"a.json": b"{}"}) as hub:
        yield hub


async def hiccup_of(hub: Hub, retry_after: str) -> float:
    hub.tricks["a.json"] = [status(429, Retry_After=retry_after)]
    async with Web(QUICK) as web:
        with pytest.raises(HiccupError) as caught:
            async with web.get(f"{hub.url}/a.json"):
                pass
    return caught.value.retry_after_s


@pytest.mark.parametrize(
    ("given", "wanted_s"), [("7", 7), ("0", 0), ("soon", 0), ("-3", 0), ("", 0), ("\u0663", 0)]
)
async def test_a_source_may_ask_for_seconds(hub: Hub, given: str, wanted_s: float) -> None:
    if not given.isascii():
        given = given.encode().decode("latin-1")

    assert await hiccup_of(hub, given) == wanted_s


async def test_a_source_may_name_a_date(hub: Hub) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)

    assert 7000 < await hiccup_of(hub, format_datetime(later, usegmt=True)) <= 7200
    assert await hiccup_of(hub, format_datetime(later - timedelta(days=1), usegmt=True)) == 0


async def test_patience_ends_and_is_renewed() -> None:
    patience = Patience(QUICK)

    await patience.wait(HiccupError())
    await patience.wait(HiccupError())
    patience.renew()
    await patience.wait(HiccupError())
    await patience.wait(HiccupError())

    with pytest.raises(DownloadError):
        await patience.wait(HiccupError())


async def test_a_token_is_shown_to_its_origin_alone(hub: Hub) -> None:
    with Hub(hub.files) as other:
        async with Web(QUICK, {hub.url: TOKEN}) as web:
            for origin in (hub.url, other.url):
                async with web.get(f"{origin}/a.json"):
                    pass

        assert hub.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize("url", ["http://192.0.2.1/a", "ftp://127.0.0.1/a", "http://[::2]/a"])
async def test_only_this_machine_may_be_asked_without_encryption(url: str) -> None:
    async with Web(QUICK) as web:
        with pytest.raises((DownloadError, HiccupError)):
            async with web.get(url):
                pass
