"""What is typed is taken as the kind of thing that it stands for."""

from __future__ import annotations

import pytest

from sidecar.cli.preferences import _meant, _said


@pytest.mark.parametrize(
    ("now", "typed", "meant"),
    [
        (True, ["off"], False),
        (False, ["TRUE"], True),
        (False, ["maybe"], "maybe"),
        (200, ["300"], 300),
        (200, ["-1"], "-1"),
        ("", ["1"], "1"),
        ("x", [], ""),
        ("", ["USB", "microphone"], "USB microphone"),
        ([], ["Sotto", "语音"], ["Sotto", "语音"]),
        (("a",), [], []),
        (None, ["x"], "x"),
    ],
)
def test_a_value_is_meant_as_what_is_there_now(
    now: object, typed: list[str], meant: object
) -> None:
    assert _meant(now, typed) == meant


@pytest.mark.parametrize(
    ("value", "said"), [(True, "true"), (30, "30"), ("dark", "dark"), (("a", "b"), "a, b")]
)
def test_a_value_is_said_plainly(value: object, said: str) -> None:
    assert _said(value) == said
