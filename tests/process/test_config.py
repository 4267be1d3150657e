"""Preferences over the wire: who may change them, who is told, and that they last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.rpc.config import DEFAULTS
from tests.process.talker import hello
from tests.process.wire import ServerThread, Wire, launched, until

DEFAULTS_TOLD: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(DEFAULTS))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerThread]:
    with ServerThread(tmp_path / "server") as server:
        yield server


@pytest.fixture
def wire(server: ServerThread) -> Iterator[Wire]:
    with Wire(server.info()) as wire:
        hello(wire)
        yield wire


def set_(wire: Wire, **changes: object) -> Any:
    return wire.call("config.set", {"changes": changes})


def changes_told(wire: Wire) -> list[str]:
    wire.call("sys.ping")
    return [n["params"]["what"] for n in wire.notices if n["method"] == "$/changed"]


def test_whoever_has_chosen_nothing_gets_the_defaults(wire: Wire) -> None:
    assert wire.call("config.get") == DEFAULTS_TOLD


def test_what_is_set_is_answered_and_the_rest_stays(wire: Wire) -> None:
    set_(wire, theme="dark", hotwords=["Sotto", "语音"])

    now = set_(wire, tail_ms=300)

    wanted = DEFAULTS_TOLD | {"theme": "dark", "hotwords": ["Sotto", "语音"]}
    assert now == wanted | {"tail_ms": 300}
    assert wire.call("config.get") == now


@pytest.mark.parametrize(
    "changes", [{"theme": "sepia"}, {"tail_ms": 2001}, {"engine": "../x"}, {"hotwords": [""]}]
)
def test_what_the_schema_does_not_allow_changes_nothing(
    wire: Wire, changes: dict[str, object]
) -> None:
    assert set_(wire, sounds=False, **changes) == "INVALID_PARAMS"

    assert wire.call("config.get") == DEFAULTS_TOLD


def test_only_the_owner_chooses_and_guests_are_told(server: ServerThread, wire: Wire) -> None:
    with Wire(server.info("guest")) as guest:
        hello(guest)

        refused = set_(guest, theme="dark")
        set_(wire, theme="light")
        until(lambda: changes_told(guest) == ["config"])

        assert refused == "UNAUTHORIZED"
        assert guest.call("config.get")["theme"] == "light"
    assert changes_told(wire) == ["config"]


def test_choices_outlive_the_sidecar(tmp_path: Path) -> None:
    with launched(tmp_path) as (sidecar, info), Wire(info) as wire:
        hello(wire)
        set_(wire, onboarded=True)
        sidecar.process.kill()
        sidecar.process.wait()

    with launched(tmp_path) as (_, info), Wire(info) as wire:
        hello(wire)
        assert wire.call("config.get")["onboarded"] is True


def test_a_data_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    with launched(tmp_path) as (_, info), Wire(info) as wire:
        hello(wire)

        assert wire.call("config.get") == "DISK_FULL"
