from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.telemetry.logs import EventLog, Fact, start_logging


def entries(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_entry_is_one_line_of_json_with_its_facts() -> None:
    stream = io.StringIO()

    EventLog(stream).info("client-dropped", why="stalled", count=3, share=0.5, ok=True)

    (entry,) = entries(stream)
    assert isinstance(entry.pop("t"), float)
    assert entry == {
        "level": "info",
        "ev": "client-dropped",
        "why": "stalled",
        "count": 3,
        "share": 0.5,
        "ok": True,
    }


@given(st.text())
def test_a_text_that_is_no_token_is_never_written(text: str) -> None:
    stream = io.StringIO()
    spoken = f"what was said: {text}"

    EventLog(stream).warning("event", fact=spoken)

    assert entries(stream)[0]["fact"] == "-"


@pytest.mark.parametrize("path", ["/home/me/x.wav", "C:\\me", "two words", "", "a" * 49])
def test_paths_sentences_and_long_texts_are_no_tokens(path: Fact) -> None:
    stream = io.StringIO()

    EventLog(stream).info("event", fact=path)

    assert entries(stream)[0]["fact"] == "-"


def test_entries_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    log = EventLog(stream, "warning")

    log.debug("no")
    log.info("no")
    log.warning("yes")

    assert [entry["ev"] for entry in entries(stream)] == ["yes"]


def test_a_fault_tells_where_and_what_type_but_not_the_message() -> None:
    stream = io.StringIO()

    try:
        raise ValueError("secret words")
    except ValueError as error:
        log_id = EventLog(stream).fault("request-failed", error)

    (entry,) = entries(stream)
    assert entry["log_id"] == log_id
    assert entry["type"] == "ValueError"
    assert "test_logs.py" in str(entry["where"])
    assert "secret" not in stream.getvalue()


def test_a_reader_that_is_gone_does_not_matter() -> None:
    stream = io.StringIO()
    stream.close()

    EventLog(stream).info("event")


def test_what_libraries_log_arrives_without_its_message(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        start_logging("info")
        logging.getLogger("asyncio").warning("secret %s", "words")
        try:
            raise KeyError("secret")
        except KeyError:
            logging.getLogger("asyncio").exception("secret words")
    finally:
        root.handlers[:], root.level = handlers, level

    plain, fault = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (plain["ev"], plain["logger"]) == ("library", "asyncio")
    assert fault["type"] == "KeyError"
    assert "secret" not in json.dumps([plain, fault])


@pytest.mark.skipif(sys.platform == "win32", reason="core files are a Unix matter")
def test_no_core_file_is_written_after_logging_has_started() -> None:
    import subprocess

    code = (
        "import resource; from sidecar.telemetry.logs import start_logging; start_logging('info');"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "(0, 0)\n"
