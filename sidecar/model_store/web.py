"""Requests to the sources of models: what may be tried again, and what a person must know.

Nothing here tells a person which host was asked or where it sent us: that is in no message.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx2

import sidecar
from sidecar.errors import DownloadError, LicenceError
from sidecar.model_store.options import WebOptions

MAX_JSON_BYTES = 16 << 20
_TRANSIENT = (408, 425, 429)  # and all from 500 on
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class HiccupError(Exception):
    """The request may succeed if it is made again, after `retry_after_s`."""

    def __init__(self, retry_after_s: float = 0.0) -> None:
        super().__init__("try again")
        self.retry_after_s = retry_after_s


class Patience:
    """Waits after a failure, longer after each, until there have been too many in a row."""

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        self.renew()

    def renew(self) -> None:
        """Forget the failures: something has come."""
        self._waits_s = deque(self._options.waits_s)

    async def wait(self, hiccup: HiccupError) -> None:
        """Wait until the next try.

        Raises:
            DownloadError: there were too many failures, or the source wants too long a wait.
        """
        if hiccup.retry_after_s > self._options.longest_wait_s:
            raise DownloadError(
                "The source has too much to do: choose another one, or install again later."
                " What came is kept.",
                retry_after_ms=round(min(hiccup.retry_after_s, 86_400) * 1000),
            ) from hiccup
        if not self._waits_s:
            raise DownloadError(
                "The source does not answer, or breaks off: check the connection or choose"
                " another source, then install again. What came is kept."
            ) from hiccup
        await asyncio.sleep(max(self._waits_s.popleft(), hiccup.retry_after_s))


class Web:
    """A way to sources. Enter it, and leave it when all is fetched.

    Args:
        tokens: what to show to whom, by origin ("https://host"). It goes nowhere else, not
            even where that host sends us.
    """

    def __init__(self, options: WebOptions, tokens: Mapping[str, str] | None = None) -> None:
        self.options = options
        self._tokens = dict(tokens or {})

    async def __aenter__(self) -> Web:
        self._client = await asyncio.to_thread(self._open)  # reads the system's certificates
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def get(
        self, url: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx2.Response]:
        """The answer to a request for `url`: 200, 206 or 416. Read it within the block.

        Raises:
            HiccupError: it may be had by asking again; also while its content is read.
            DownloadError: the source does not have it, or cannot be understood.
            LicenceError: the source does not give it to us.
        """
        try:
            async with self._client.stream("GET", url, headers=self._headers(url, headers)) as got:
                _check_status(got)
                yield got
        except httpx2.TransportError as error:
            raise HiccupError from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise DownloadError(
                "The source cannot be understood: choose another source."
            ) from error

    async def json(self, url: str) -> tuple[Any, str]:
        """What is at `url`, decoded, and the address of the next page, or "".

        Raises:
            DownloadError, LicenceError: as for `get`, and when it is not JSON.
        """
        patience = Patience(self.options)
        while True:
            try:
                async with self.get(url) as got:
                    content = await _all_of(got)
                    following = got.links.get("next", {}).get("url", "")
                return json.loads(content), str(got.url.join(following)) if following else ""
            except HiccupError as hiccup:
                await patience.wait(hiccup)
            except (ValueError, RecursionError) as error:
                raise DownloadError(
                    "The source does not say what it has: choose another source."
                ) from error

    def _open(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            follow_redirects=True,
            timeout=httpx2.Timeout(self.options.stall_s, connect=self.options.connect_s),
            limits=httpx2.Limits(max_connections=self.options.connections),
            headers={
                "User-Agent": f"sotto/{sidecar.__version__}",
                "Accept-Encoding": "identity",  # offsets and hashes are those of the file
            },
            event_hooks={"request": [_check_address]},
        )

    def _headers(self, url: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        address = httpx2.URL(url)
        token = self._tokens.get(f"{address.scheme}://{address.netloc.decode()}")
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        return {**(headers or {}), **shown}


async def _check_address(request: httpx2.Request) -> None:
    """Refuse what others could read or change on its way; called for each redirect too."""
    if request.url.scheme != "https" and request.url.host not in _LOOPBACK:
        raise DownloadError("The source is not protected by https: choose another source.")


def _check_status(got: httpx2.Response) -> None:
    status = got.status_code
    if status in (200, 206, 416):
        return
    if status in _TRANSIENT or status >= 500:
        raise HiccupError(_retry_after_s(got))
    if status in (401, 403):
        raise LicenceError(
            "The source does not give this model to everybody: accept its terms there and set"
            " HF_TOKEN, or choose another source."
        )
    raise DownloadError(
        "The source does not have this model as it was published: choose another source."
    )


def _retry_after_s(got: httpx2.Response) -> float:
    """How long the source asks us to wait, as seconds or as a date (RFC 9110, 10.2.3)."""
    given = got.headers.get("Retry-After", "")
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        then = parsedate_to_datetime(given)
    except ValueError:
        return 0.0
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


async def _all_of(got: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in got.aiter_bytes():
        content += chunk
        if len(content) > MAX_JSON_BYTES:
            raise DownloadError("The source lists more than can be: choose another source.")
    return bytes(content)
