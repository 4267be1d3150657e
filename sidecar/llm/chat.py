"""Asking an OpenAI-compatible service: one request, an answer that comes bit by bit.

Importing this takes about a second: do it in a thread, when somebody first asks.
Nothing here is tried again, nothing follows a redirect, and no message of ours repeats
what the service said, which may quote the text or the key.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import httpx2
import openai

import sidecar
from sidecar.errors import LlmBadOutputError, LlmError, LlmRefusedError, LlmTimeoutError
from sidecar.llm.failures import error_of_answer
from sidecar.llm.options import LlmService, PolishOptions

Message = Mapping[str, str]

_SENT = ("host", "content-type", "content-length", "transfer-encoding")
# What is read of a stream has the right shape only if the service is what it should be.
_GARBAGE = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.StreamError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
_BROKE_OFF = (
    "The service of the language model cannot be reached, or broke off: check the connection and"
    " its address, then try again."
)
_UNREADABLE = (
    "What the service sends cannot be understood: check that its address is that of an"
    " OpenAI-compatible service; it often ends in /v1."
)
_UNUSABLE = (
    "What the environment says of the way to the service cannot be used: HTTPS_PROXY and ALL_PROXY"
    " must name an http:// proxy, and SSL_CERT_FILE a file with certificates."
)


class Chat:
    """A way to one service. Make it in a thread, which reads the system's certificates.

    Raises:
        LlmRefusedError: the environment leads to it in a way that we cannot go.
    """

    def __init__(self, service: LlmService, options: PolishOptions) -> None:
        self._service = service
        self._options = options
        try:
            http = httpx2.AsyncClient(
                # A proxy that the environment names is for what is not on this machine.
                trust_env=not service.is_here,
                follow_redirects=False,  # they could take the key elsewhere
                timeout=options.stall_s,
                event_hooks={"request": [self._dress], "response": [self._check]},
            )
        except (ImportError, OSError, ValueError):  # SOCKS, no certificates, no address
            raise LlmRefusedError(_UNUSABLE) from None
        self._client = openai.AsyncOpenAI(
            api_key="none", base_url=service.url, max_retries=0, http_client=http
        )

    async def close(self) -> None:
        """End the connection, whatever runs."""
        await self._client.close()

    async def write(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The text that the model writes, as it comes. Close it to end the connection.

        Raises:
            LlmError: the service failed, refused, or did not finish.
        """
        finished = None
        with _told_plainly():
            async with self._streamed(messages) as stream:
                async for chunk in stream:
                    for choice in chunk.choices or ():
                        finished = choice.finish_reason or finished
                        if choice.delta is not None and choice.delta.content:
                            yield choice.delta.content
        _check_ending(finished)

    @asynccontextmanager
    async def _streamed(
        self, messages: Sequence[Message]
    ) -> AsyncIterator[openai.AsyncStream[Any]]:
        try:
            stream = await self._ask(messages, temperature=self._options.temperature)
        except openai.BadRequestError as error:
            if error.param != "temperature":
                raise
            stream = await self._ask(messages)  # some models take only their own
        try:
            yield stream
        finally:
            await stream.close()

    async def _ask(self, messages: Sequence[Message], **more: float) -> openai.AsyncStream[Any]:
        asked: Any = messages
        create: Any = self._client.chat.completions.create
        stream = await create(model=self._service.model, messages=asked, stream=True, **more)
        return cast("openai.AsyncStream[Any]", stream)

    async def _dress(self, request: httpx2.Request) -> None:
        """Send what the service must know: the library also adds what the environment says."""
        kept = {name: request.headers[name] for name in _SENT if name in request.headers}
        request.headers = httpx2.Headers(
            {
                **kept,
                "accept": "text/event-stream",
                "accept-encoding": "identity",  # so that what comes is no larger than it looks
                "user-agent": f"sotto/{sidecar.__version__}",
            }
        )
        if self._service.key:
            request.headers["authorization"] = f"Bearer {self._service.key}"

    async def _check(self, response: httpx2.Response) -> None:
        """Refuse what is no stream of events, before anything reads it."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _OursError(LlmRefusedError(_UNREADABLE))
        kind = response.headers.get("content-type", "text/event-stream")
        if response.is_success and not kind.lower().startswith("text/event-stream"):
            raise _OursError(LlmRefusedError(_UNREADABLE))
        stream = cast("httpx2.AsyncByteStream", response.stream)
        response.stream = _Bounded(stream, self._options.max_answer_bytes)


class _OursError(openai.OpenAIError):
    """Brings an error of ours through the library, which would take others for its own."""

    def __init__(self, error: LlmError) -> None:
        super().__init__(error.kind)
        self.error = error


class _Bounded(httpx2.AsyncByteStream):
    """What a response brings, up to so many bytes."""

    def __init__(self, inner: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        n_bytes = 0
        async for part in self._inner:
            n_bytes += len(part)
            if n_bytes > self._max_bytes:
                raise _OursError(bad_output("length", "The model wrote far more than there was"))
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what the libraries raise into our errors."""
    try:
        yield
    except _OursError as error:
        raise error.error from None
    except (openai.APIConnectionError, httpx2.TransportError):
        raise LlmTimeoutError(_BROKE_OFF) from None
    except openai.APIError as error:
        raise error_of_answer(error) from None
    except _GARBAGE:
        raise LlmBadOutputError(_UNREADABLE, detail="garbage") from None


def bad_output(detail: str, what: str) -> LlmBadOutputError:
    """What to raise where the model did not write the cleaned text."""
    return LlmBadOutputError(f"{what}: the text stays as it was dictated.", detail=detail)


def _check_ending(finished: str | None) -> None:
    if finished == "content_filter":
        raise LlmRefusedError("The service does not want to work on this text: it stays as it is.")
    if finished == "length":
        raise bad_output("length", "The service cut off what the model wrote")
    if finished is None:
        raise bad_output("unfinished", "The service broke off what the model wrote")
    if finished in ("tool_calls", "function_call"):
        raise bad_output("unfinished", "The model did something else than to write")
