from __future__ import annotations

import logging
from pathlib import Path

import pytest

from sidecar.engine.registry import EngineRegistry, Entry
from sidecar.errors import EngineMissingError


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder at the front of `sys.path`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, distribution: str, entries: str, group: str = "sotto.engines") -> None:
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entries}\n")


def test_the_embedded_engine_is_always_there() -> None:
    registry = EngineRegistry()

    assert "builtin" in registry.names()
    assert registry.entry("builtin").target == "sidecar.engine.backends.builtin:BuiltinEngine"


def test_an_engine_of_another_distribution_is_found_and_not_imported(site: Path) -> None:
    install(site, "their-engine", "theirs = no_such_module:Engine")

    registry = EngineRegistry()

    assert registry.names() == tuple(sorted(registry.names()))
    assert registry.entry("theirs").target == "no_such_module:Engine"


def test_a_missing_engine_is_named_together_with_those_installed() -> None:
    with pytest.raises(EngineMissingError, match=r"'whisper'.*builtin"):
        EngineRegistry().entry("whisper")


def test_the_first_of_two_distributions_wins_a_name_and_the_other_is_logged(
    site: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(site / "b", "late", "same = late:Engine")
    install(site / "a", "early", "same = early:Engine")
    monkeypatch.syspath_prepend(str(site / "b"))
    monkeypatch.syspath_prepend(str(site / "a"))

    with caplog.at_level(logging.WARNING):
        entry = EngineRegistry().entry("same").target

    assert entry == "early:Engine"
    assert "engine same of late is hidden by another" in caplog.text


@pytest.mark.parametrize(
    "line", ["UPPER = a:B", "-dash = a:B", f"{'x' * 65} = a:B", "ok = module_without_class"]
)
def test_a_malformed_entry_point_is_ignored_and_logged(
    site: Path, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    before = EngineRegistry().names()
    install(site, "odd", line)

    with caplog.at_level(logging.WARNING):
        names = EngineRegistry().names()

    assert names == before
    assert "entry point of odd is malformed" in caplog.text


def test_an_aligner_is_none_of_the_engines(site: Path) -> None:
    before = EngineRegistry().names()
    install(site, "two", "b = late:Aligner\na = early:Aligner", group="sotto.aligners")

    registry = EngineRegistry()

    assert registry.names() == before
    assert registry.aligner() == ("a", Entry("early:Aligner"))
    with pytest.raises(EngineMissingError):
        registry.entry("a")


def test_there_need_be_no_aligner() -> None:
    assert EngineRegistry().aligner() is None
