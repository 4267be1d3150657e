"""What it means that a service answers with an error, and what a person can do."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from sidecar.errors import (
    LlmAuthError,
    LlmError,
    LlmRateError,
    LlmRefusedError,
    LlmTimeoutError,
)

_LONGEST_WAIT_S = 86_400.0
_TROUBLE = "The service of the language model is in trouble: try again later."
_REDIRECTED = (
    "The service sends us to another address, where the key does not go: give the address where"
    " it really is."
)
_UNWILLING = (
    "The service refused to work on this text: check the model's name and what the service allows"
    " it."
)
_REFUSED = {
    402: "The service wants to be paid first: look into your account there.",
    404: "The service knows no such model, or is not at this address: check the model's name and"
    " the address, which often ends in /v1.",
}


def error_of_answer(error: openai.APIError) -> LlmError:
    """Our error for one that the service told, by its status; its words are left out."""
    if not isinstance(error, openai.APIStatusError):
        return LlmTimeoutError(_TROUBLE)  # told in the midst of an answer
    status = error.status_code
    if status in (401, 403):
        return LlmAuthError(
            "The service of the language model does not accept the key: check the key, and that"
            " it belongs to this service."
        )
    if status == 429:
        return _rate(error)
    if status in (408, 425) or status >= 500:
        return LlmTimeoutError(_TROUBLE)
    return LlmRefusedError(_REDIRECTED if status < 400 else _REFUSED.get(status, _UNWILLING))


def _rate(error: openai.APIStatusError) -> LlmRateError:
    wait_s = _retry_after_s(error)
    return LlmRateError(
        "The service of the language model answers no more calls for now: try again later, or"
        " look into your account there.",
        retry_after_ms=None if wait_s is None else round(min(wait_s, _LONGEST_WAIT_S) * 1000),
    )


def _retry_after_s(error: openai.APIStatusError) -> float | None:
    """How long the service asks us to wait, as seconds or as a date (RFC 9110, 10.2.3)."""
    given = error.response.headers.get("Retry-After", "")
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        then = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
