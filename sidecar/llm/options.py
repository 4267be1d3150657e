"""What a text is cleaned with."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from sidecar.errors import InvalidParamsError

_PRINTABLE = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class LlmService:
    """An OpenAI-compatible service, and the model of it that is asked.

    Attributes:
        url: base address, such as https://host/v1; http only for this machine.
        key: "" where the service asks for none.

    Raises:
        InvalidParamsError: address or key cannot be used; `detail` says which.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        _check_address(self.url)
        if not _PRINTABLE.fullmatch(self.key):
            raise InvalidParamsError(
                "The key has characters that no key has: copy it from the service once more.",
                detail="/key",
            )

    @property
    def is_here(self) -> bool:
        """Whether the service runs on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


@dataclass(frozen=True, slots=True)
class PolishOptions:
    """How a text is cleaned.

    Attributes:
        language: BCP 47 tag of the text; "" where nobody knows.
        hotwords: how names and terms are written.
        stall_s: how long the service may write nothing, at first and later.
        piece_chars: longer texts are cleaned piece by piece, so that no answer is cut short.
        temperature: low, so that the same text is cleaned in the same way.
        max_answer_bytes: of one answer, with everything around its text.
    """

    language: str = ""
    hotwords: tuple[str, ...] = ()
    stall_s: float = 15.0
    piece_chars: int = 1500
    temperature: float = 0.1
    max_answer_bytes: int = 16 << 20


def _check_address(url: str) -> None:
    parts = _split(url)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _bad_address("Give the service's base address alone, such as https://host/v1.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise _bad_address(
            "The service's address must begin with https://, so that nobody can read along;"
            " http:// is for services on this machine."
        )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _bad_address("This is no address of a service: give one such as https://host/v1.")
    return parts


def _bad_address(sentence: str) -> InvalidParamsError:
    return InvalidParamsError(sentence, detail="/url")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
