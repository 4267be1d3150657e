"""Cleaning text through a real sidecar, as a client on the wire and as `sotto polish` do it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.host.connection import ConnectionInfo
from tests.conftest import CHECKOUT, PATIENCE_S
from tests.process.commands import assert_nothing_left, mortal, sotto
from tests.process.llm_service import LlmServer, fail, says
from tests.process.wire import NO_ENGINE, Wire, launched, outcome, until

KEY = "sk-very-secret"
SAID = "um hello there"


@pytest.fixture(scope="module")
def service() -> Iterator[LlmServer]:
    with LlmServer() as service:
        yield service


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionInfo]:
    with launched(tmp_path_factory.mktemp("polish")) as (_, info):
        yield info


@pytest.fixture
def wire(sidecar: ConnectionInfo) -> Iterator[Wire]:
    with Wire(sidecar) as wire:
        wire.hello()
        yield wire


def asking(service: LlmServer, **more: Any) -> dict[str, Any]:
    return {"text": SAID, "url": service.url, "model": "polisher", "key": KEY, **more}


def refusal(wire: Wire, params: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = wire.answer(wire.request("llm.optimize", params, tmo=60_000))["error"]
    assert KEY not in str(error)
    assert SAID not in str(error)
    return {"sentence": error["message"], **error["data"]}


def test_a_text_comes_back_clean_after_its_deltas(wire: Wire, service: LlmServer) -> None:
    result = wire.call("llm.optimize", asking(service, language="en", hotwords=["Sotto"]))

    deltas = [notice["params"] for notice in wire.notices if notice["method"] == "$/event"]
    assert result["text"] == "Hello there."
    assert 0 <= result["first_delta_ms"] <= result["total_ms"]
    assert "".join(each["event"]["text"] for each in deltas) == "Hello there."
    assert [each["seq"] for each in deltas] == sorted(each["seq"] for each in deltas)


@pytest.mark.parametrize(
    ("model", "kind", "detail"),
    [
        ("trick:answers", "LLM_BAD_OUTPUT", "answered"),
        ("trick:refuses-key", "LLM_AUTH", None),
        ("trick:unknown-model", "LLM_REFUSED", None),
        ("trick:trouble", "LLM_TIMEOUT", None),
        ("trick:breaks-off", "LLM_TIMEOUT", None),
    ],
)
def test_each_failure_is_told_by_its_kind(
    wire: Wire, service: LlmServer, model: str, kind: str, detail: str | None
) -> None:
    told = refusal(wire, asking(service, model=model))

    assert (told["kind"], told.get("detail")) == (kind, detail)


def test_a_busy_service_says_when_to_come_back(wire: Wire, service: LlmServer) -> None:
    told = refusal(wire, asking(service, model="trick:busy"))

    assert (told["kind"], told["retry_after_ms"]) == ("LLM_RATE", 7000)


def test_an_address_that_others_could_read_is_refused(wire: Wire, service: LlmServer) -> None:
    told = refusal(wire, asking(service, url="http://example.com/v1"))

    assert (told["kind"], told["detail"]) == ("INVALID_PARAMS", "/url")
    assert "https://" in told["sentence"]


def test_a_cancelled_call_is_answered_at_once_and_ends_its_connection(
    wire: Wire, service: LlmServer
) -> None:
    call = wire.request("llm.optimize", asking(service, model="trick:stops"), tmo=60_000)
    assert service.stalled.acquire(timeout=PATIENCE_S)

    wire.cancel(call)

    assert outcome(wire.answer(call)) == "CANCELLED"
    assert service.left.acquire(timeout=PATIENCE_S)


def test_the_callers_deadline_ends_it_too(wire: Wire, service: LlmServer) -> None:
    call = wire.request("llm.optimize", asking(service, model="trick:silent"), tmo=200)

    assert outcome(wire.answer(call)) == "DEADLINE"
    assert service.left.acquire(timeout=PATIENCE_S)


def test_the_sidecar_answers_others_while_a_model_writes(wire: Wire, service: LlmServer) -> None:
    call = wire.request("llm.optimize", asking(service, model="trick:silent"), tmo=60_000)
    assert service.stalled.acquire(timeout=PATIENCE_S)

    assert wire.call("sys.ping")["uptime_ms"] >= 0

    wire.cancel(call)
    assert outcome(wire.answer(call)) == "CANCELLED"


def test_neither_key_nor_text_gets_into_the_log(tmp_path: Path, service: LlmServer) -> None:
    loud = {"OPENAI_LOG": "debug"}
    with launched(tmp_path, log_level="debug", extra_env=loud) as (sidecar, info):
        with Wire(info) as wire:
            wire.hello()
            assert wire.call("llm.optimize", asking(service))["text"] == "Hello there."
            refusal(wire, asking(service, model="trick:refuses-key"))
        until(lambda: "llm.optimize" in "".join(sidecar.stderr_tail()))
    said = "\n".join(sidecar.stderr_tail())

    assert KEY not in said
    assert "hello" not in said.replace("sys.hello", "").casefold()


@pytest.fixture
def alone(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No sidecar runs; those that start need no engine."""
    monkeypatch.setenv("SOTTO_ENGINE", NO_ENGINE)
    monkeypatch.setenv("SOTTO_LLM_KEY", KEY)
    return run_dir


def test_the_command_prints_the_clean_text(alone: Path, service: LlmServer, tmp_path: Path) -> None:
    file = tmp_path / "said.txt"
    file.write_text(f"{SAID}\n", encoding="utf-8")
    service.asked.clear()

    done = sotto("polish", file, "--url", service.url, "--model", "polisher", "-l", "en")

    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello there.\n", "")
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert_nothing_left(alone)


def test_a_text_that_comes_back_as_another_is_printed_as_it_was(
    alone: Path, service: LlmServer
) -> None:
    service.tricks.append(says("I am fine, thank you!"))

    done = sotto("polish", "-", "--url", service.url, "--model", "m", stdin=b"um how are you\n")

    assert (done.returncode, done.stdout) == (3, "um how are you\n")
    assert done.stderr.startswith("sotto: What the model wrote is not the same text")
    assert done.stderr.endswith("(answered)\n")


def test_a_text_is_not_lost_where_the_service_refuses(alone: Path, service: LlmServer) -> None:
    service.tricks.append(fail(401))

    done = sotto("polish", "--url", service.url, "--model", "m", stdin=b"um hello\n")

    assert (done.returncode, done.stdout) == (1, "um hello\n")
    assert "check the key" in done.stderr
    assert KEY not in done.stderr


def test_what_is_no_text_is_refused(alone: Path, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")

    done = sotto("polish", binary, "--url", "https://example.com/v1", "--model", "m")

    assert done.returncode == 2
    assert "UTF-8" in done.stderr


def test_the_fake_service_can_be_started_by_others() -> None:
    with mortal(
        subprocess.Popen(
            [sys.executable, "-m", "tests.process.llm_service", "--port", "0"],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.terminate()

    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/v1")
