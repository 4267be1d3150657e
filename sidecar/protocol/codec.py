"""Frames to messages and back.

A message is `[header, binary...]`: the header is one msgpack map, and every binary frame
is referred to exactly once, as `{"$bin": index}`, from within it. Decoding trusts
nothing: `frames` checks sizes, lengths and nesting, the structs of `messages` the rest.
Encoding gives canonical bytes: sorted keys, absent fields left out, the shortest form of
every number and length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from sidecar import errors
from sidecar.protocol.frames import Frame, check_binaries, unpack
from sidecar.protocol.messages import (
    LIMITS,
    METHODS,
    NOTIFICATIONS,
    ErrorData,
    ErrorObject,
    Failure,
    Notification,
    Request,
    Result,
)

S = TypeVar("S", bound=msgspec.Struct)

_ENCODER = msgspec.msgpack.Encoder(order="sorted")
_STEP = re.compile(r"\.([^.\[`]+)|\[(\d+)\]")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_VALUE = re.compile(r"(Invalid (?:enum )?value) .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is none. `id` is the request's, where it could still be read."""

    id: int | None
    error: errors.SottoError


def decode_client_message(frames: Sequence[Frame]) -> Request | Notification | Refused:
    """Read what a client sent, as far as the envelope. Never raises.

    `params` is still as it came: pass it to `decode_params`.
    """
    header: Any = None
    try:
        header = unpack(frames, LIMITS.max_header_bytes)
        check_binaries(header, frames)
        if "id" in header:
            return _convert_envelope(header, Request)
        return _convert_envelope(header, Notification)
    except errors.SottoError as error:
        return Refused(_readable_id(header), error)


def decode_server_message(frames: Sequence[Frame]) -> Result | Failure | Notification:
    """Read what the sidecar sent, as far as the envelope.

    Raises:
        ParseError: it is no message of this protocol.
    """
    try:
        header = unpack(frames, LIMITS.max_reply_bytes)
        check_binaries(header, frames)
        if "method" in header:
            return _convert_envelope(header, Notification)
        if "error" in header:
            return _convert_envelope(header, Failure)
        return _convert_envelope(header, Result)
    except errors.SottoError as error:
        raise errors.ParseError(f"The sidecar's message cannot be read: {error.message}") from error


def decode_params(message: Request | Notification) -> msgspec.Struct:
    """The parameters of a message as the struct its schema names.

    Raises:
        UnknownMethodError: there is no such request or notification.
        InvalidParamsError: they do not fit; `detail` is a JSON pointer to the first misfit.
    """
    table = METHODS if isinstance(message, Request) else NOTIFICATIONS
    if message.method not in table:
        raise errors.UnknownMethodError(
            f"There is no method {message.method!r}; compare the version sys.hello answers."
        )
    try:
        return msgspec.convert(message.params, table[message.method].params)
    except msgspec.ValidationError as error:
        pointer, reason = _misfit(error)
        raise errors.InvalidParamsError(
            f"The parameters of {message.method} do not fit at {pointer or '/'}: {reason}.",
            detail=pointer[:256],
        ) from error


def decode_result(result: dict[str, Any], wanted: type[S]) -> S:
    """The result of a request as the struct its schema names.

    Raises:
        ParseError: it does not fit.
    """
    try:
        return msgspec.convert(result, wanted)
    except msgspec.ValidationError as error:
        pointer, reason = _misfit(error)
        raise errors.ParseError(
            f"The sidecar's answer does not fit at {pointer or '/'}: {reason}.",
            detail=pointer[:256],
        ) from error


def encode_request(request_id: int, method: str, params: msgspec.Struct, *, tmo_ms: int) -> bytes:
    """The header of a request.

    Raises:
        TooLargeError: over `LIMITS.max_header_bytes`.
        InvalidParamsError: a text that is not Unicode.
    """
    call = {"id": request_id, "method": method, "params": params, "meta": {"tmo": tmo_ms}}
    return _pack(call, LIMITS.max_header_bytes)


def encode_notification(method: str, params: msgspec.Struct) -> bytes:
    """The header of a notification. Raises as `encode_request` does."""
    limit = LIMITS.max_reply_bytes
    if NOTIFICATIONS[method].source == "client":
        limit = LIMITS.max_header_bytes
    return _pack({"method": method, "params": params}, limit)


def encode_result(request_id: int, result: msgspec.Struct) -> bytes:
    """The header of an answer.

    Raises:
        TooLargeError: over `LIMITS.max_reply_bytes`.
        InvalidParamsError: a text that is not Unicode.
    """
    return _pack({"id": request_id, "result": result}, LIMITS.max_reply_bytes)


def encode_failure(request_id: int | None, error: errors.SottoError) -> bytes:
    """The header of an answer that says what went wrong. Long texts are cut to fit."""
    data = ErrorData(
        kind=error.kind,
        retryable=error.retryable,
        retry_after_ms=UNSET if error.retry_after_ms is None else error.retry_after_ms,
        detail=UNSET if error.detail is None else _printable(error.detail, 256),
    )
    body = ErrorObject(code=error.code, message=_printable(error.message, 1024), data=data)
    return _pack({"id": request_id, "error": body}, LIMITS.max_reply_bytes)


def error_of(failure: Failure) -> errors.SottoError:
    """The exception that a failure stands for; an InternalError if its kind is of a later version.

    `detail` is then the kind.
    """
    data = failure.error.data
    detail = None if data.detail is UNSET else data.detail
    retry_after_ms = None if data.retry_after_ms is UNSET else data.retry_after_ms
    if data.kind not in errors.BY_KIND:
        return errors.InternalError(failure.error.message, detail=data.kind)
    kind = errors.BY_KIND[data.kind]
    return kind(failure.error.message, detail=detail, retry_after_ms=retry_after_ms)


def _convert_envelope(header: dict[str, Any], wanted: type[S]) -> S:
    try:
        return msgspec.convert(header, wanted)
    except msgspec.ValidationError as error:
        pointer, reason = _misfit(error)
        message = f"This is no {wanted.__name__.lower()}, because of {pointer or '/'}: {reason}."
        raise errors.InvalidRequestError(message, detail=pointer[:256]) from error


def _readable_id(header: object) -> int | None:
    found = header.get("id") if isinstance(header, dict) else None
    return found if type(found) is int and 0 <= found < 2**32 else None


def _misfit(error: msgspec.ValidationError) -> tuple[str, str]:
    """The JSON pointer to the first misfit, and what is wrong there without the value itself."""
    reason, _, path = str(error).rpartition(" - at `$")
    if not reason:
        reason, path = path, ""
    steps = [name or index for name, index in _STEP.findall(path)]
    if missing := _MISSING.search(reason):
        steps.append(missing[1])
    return "".join(f"/{step}" for step in steps), _VALUE.sub(r"\1", reason)


def _printable(text: str, max_length: int) -> str:
    """The text with what UTF-8 cannot carry replaced, and cut."""
    return text[:max_length].encode("utf-8", "replace").decode("utf-8")


def _pack(message: dict[str, Any], max_bytes: int) -> bytes:
    message["jsonrpc"] = "2.0"
    try:
        header = _ENCODER.encode(message)
    except UnicodeEncodeError as error:
        raise errors.InvalidParamsError("A text holds half a character; send Unicode.") from error
    if len(header) > max_bytes:
        raise errors.TooLargeError(f"A header has at most {max_bytes} bytes, not {len(header)}.")
    return header
