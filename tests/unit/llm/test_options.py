from __future__ import annotations

import pytest

from sidecar.errors import InvalidParamsError
from sidecar.llm.options import LlmService


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("https://api.example.com/v1", False),
        ("https://192.168.1.4:8443/v1", False),
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:8080", True),
        ("http://127.8.8.8/v1", True),
        ("http://[::1]:8080/v1", True),
        ("https://localhost/v1", True),
    ],
)
def test_a_service_is_reached_by_https_or_on_this_machine(url: str, is_here: bool) -> None:
    assert LlmService(url, "model").is_here == is_here


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://169.254.169.254/latest",
        "http://192.168.1.4:8080/v1",
        "http://0.0.0.0/v1",
        "http://localhost@example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.example.com/v1",
        "https://user:secret@example.com/v1",
        "https://example.com/v1?key=secret",
        "https://example.com/v1#a",
        "https://example.com\\@localhost/v1",
        "https://exa mple.com/v1",
        "https://example.com/v1\r\nX-Header: 1",
        "https://",
        "https://example.com:0/v1",
        "https://example.com:99999/v1",
        "https://[::1/v1",
        "ftp://example.com/v1",
        "file:///etc/passwd",
        "example.com/v1",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidParamsError) as raised:
        LlmService(url, "model")

    assert raised.value.detail == "/url"
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("key", ["sk-1\n", "sk 1", "sk-1\r\nX-Header: 1", "ключ", "\x00"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InvalidParamsError) as raised:
        LlmService("https://example.com/v1", "model", key)

    assert raised.value.detail == "/key"
    assert key not in raised.value.message
