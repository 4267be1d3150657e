"""The call of a client that has a text cleaned."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from msgspec import UNSET

from sidecar.errors import ParseError, VersionError
from sidecar.llm.options import LlmService
from sidecar.protocol.messages import DeltaEvent, Event, LlmOptimizeParams, LlmOptimizeResult
from sidecar.rpc.client import Client


async def polish(
    client: Client,
    text: str,
    service: LlmService,
    *,
    language: str = "",
    hotwords: tuple[str, ...] = (),
    timeout_s: float | None = None,
    on_delta: Callable[[str], None] = lambda _: None,
) -> str:
    """Have a language model clean a text: punctuation, fillers, stutters, nothing else.

    Cancelling the waiting task stops the work.

    Args:
        client: of the sidecar that asks the service.
        text: what was dictated, at most 65536 characters.
        service: who cleans it.
        language: BCP 47 tag of the text; "" where nobody knows.
        hotwords: how names and terms are written.
        timeout_s: how long it may take in all; None for a minute.
        on_delta: told what is being written; not guarded yet.

    Raises:
        LlmError: the text stays as it is; LlmBadOutputError says why in `detail`.
        DeadlineError: it took too long.
        VersionError: the sidecar is older than polishing is.
    """
    if client.server.proto < (1, 3):
        raise VersionError("This sidecar cannot have text cleaned: update it.")
    params = LlmOptimizeParams(
        text=text,
        url=service.url,
        model=service.model,
        key=service.key or UNSET,
        language=language or UNSET,
        hotwords=hotwords or UNSET,
    )

    def take(event: Event) -> None:
        if not isinstance(event, DeltaEvent):
            raise ParseError("The sidecar told of something else than the text.")
        on_delta(event.text)

    told = await client.connection.call("llm.optimize", params, timeout_s=timeout_s, on_event=take)
    return cast("LlmOptimizeResult", told).text
