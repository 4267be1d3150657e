from __future__ import annotations

import importlib
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from sidecar.engine.registry import MODELS, EngineRegistry, Entry
from sidecar.errors import EngineMissingError
from sidecar.model_store.manifest import (
    CLASSIFIER,
    DECODER,
    EMBEDDINGS,
    ENCODER,
    FILE,
    STEM,
    TOKENIZER,
    Alignment,
    describe,
    write_manifest,
)
from tests.unit.model_store.test_manifest import manifest_of


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


class Models:
    """A folder of installed models, whose registry hears of them each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = EngineRegistry(lambda: {path.name: path for path in folder.iterdir()})
        self._now_ns = 10**18

    def install(self, name: str, **changes: Any) -> Path:
        folder = self.folder / name
        folder.mkdir()
        aligner = (STEM, ENCODER, CLASSIFIER, TOKENIZER, EMBEDDINGS)
        names = aligner if "alignment" in changes else (STEM, ENCODER, DECODER)
        for each in names:
            (folder / each).write_bytes(b"weights")
        files = {each: describe(folder / each) for each in names}
        write_manifest(folder, manifest_of(files, id=name, **changes))
        self._now_ns += 1
        os.utime(folder / FILE, ns=(self._now_ns, self._now_ns))
        return folder

    def install_aligner(self, name: str) -> Path:
        return self.install(
            name, family="qwen3-forced-aligner", alignment=Alignment(n_classes=8, class_ms=80)
        )


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def test_an_installed_model_is_an_engine_under_its_name_at_once(models: Models) -> None:
    before = models.registry.names()

    folder = models.install("qwen3-asr-0.6b", ram_bytes=1_500)

    entry = models.registry.entry("qwen3-asr-0.6b")
    assert {*models.registry.names()} == {*before, "qwen3-asr-0.6b"}
    assert (entry.folder, entry.ram_bytes) == (folder, 1_500)
    assert entry.target == "sidecar.engine.backends.model:ModelEngine"


def test_a_removed_model_is_gone_at_once(models: Models) -> None:
    folder = models.install("tiny")
    assert models.registry.entry("tiny").folder == folder

    shutil.rmtree(folder)

    with pytest.raises(EngineMissingError, match="'tiny'"):
        models.registry.entry("tiny")


def test_a_model_that_is_installed_again_otherwise_is_read_again(models: Models) -> None:
    shutil.rmtree(models.install("tiny", ram_bytes=1))
    assert "tiny" not in models.registry.names()

    models.install("tiny", ram_bytes=2)

    assert models.registry.entry("tiny").ram_bytes == 2


def test_a_damaged_model_is_still_an_engine_which_says_so_when_it_is_loaded(
    models: Models,
) -> None:
    (models.install("tiny") / FILE).write_text("{")

    assert models.registry.entry("tiny").folder == models.folder / "tiny"


def test_an_engine_of_a_package_hides_a_model_of_its_name(
    models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    models.install("builtin")

    with caplog.at_level(logging.WARNING):
        entries = [models.registry.entry("builtin") for _ in range(3)]

    assert {entry.folder for entry in entries} == {None}
    assert caplog.text.count("the model builtin is hidden") == 1


def test_who_chooses_no_engine_gets_the_model_installed_last(models: Models) -> None:
    chosen = [models.registry.preferred()]
    for install in (models.install, models.install, models.install_aligner):
        install(f"model-{len(chosen)}")
        chosen.append(models.registry.preferred())

    assert chosen == ["builtin", "model-1", "model-2", "model-2"]


def test_an_installed_aligner_is_no_engine(models: Models) -> None:
    before = models.registry.names()

    folder = models.install_aligner("aligner")

    found = models.registry.aligner()
    assert models.registry.names() == before
    assert found is not None
    name, entry = found
    assert (name, entry.folder) == ("aligner", folder)
    assert entry.target == "sidecar.engine.backends.aligner:AlignerEngine"


def test_the_classes_of_models_are_there() -> None:
    for _, target in MODELS.values():
        module, _, name = target.partition(":")
        assert hasattr(importlib.import_module(module), name)
