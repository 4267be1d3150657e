from __future__ import annotations

from pathlib import Path

import pytest
from transformers.models.qwen3_asr.processing_qwen3_asr import (
    FORCED_ALIGNER_LANGUAGES,
    LANGUAGE_CODE_TO_NAME,
)

from sidecar.config import ConfigError
from sidecar.errors import EngineMissingError
from sidecar.model_store.catalogue import BUILT_IN, matches, read_catalogue

ENTRY = BUILT_IN.read_text(encoding="utf-8").partition("[[models]]")[2].partition("[[models]]")[0]
FIRST = f"[[models]]{ENTRY}"


def test_the_catalogue_has_the_models_of_the_qwen3_family() -> None:
    entries = read_catalogue().entries

    assert list(entries) == ["qwen3-asr-0.6b", "qwen3-asr-1.7b", "qwen3-forced-aligner-0.6b"]
    assert [e.family for e in entries.values()] == ["qwen3-asr"] * 2 + ["qwen3-forced-aligner"]
    assert [e.streaming for e in entries.values()] == [True, True, False]
    assert {e.licence for e in entries.values()} == {"Apache-2.0"}
    assert all(0 < e.installed_bytes < e.download_bytes for e in entries.values())


def test_its_languages_are_those_that_the_models_were_trained_for() -> None:
    small, large, aligner = read_catalogue().entries.values()

    assert set(small.languages) == set(large.languages) == set(LANGUAGE_CODE_TO_NAME)
    assert {LANGUAGE_CODE_TO_NAME[tag] for tag in aligner.languages} == FORCED_ALIGNER_LANGUAGES


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(EngineMissingError, match="sotto models list"):
        read_catalogue().find("no-such")


@pytest.mark.parametrize(
    ("of", "to"),
    [
        ('id = "qwen3-asr-0.6b"', 'id = "../escape"'),
        ('id = "qwen3-asr-0.6b"', 'id = "Upper"'),
        ('name = "merges.txt"', 'name = "../merges.txt"'),
        ('name = "merges.txt"', 'name = "CONFIG.json"'),
        ('repo = "Qwen/Qwen3-ASR-0.6B"', 'repo = "../Qwen3-ASR-0.6B"'),
        ('revision = "5', 'revision = "../5'),
        ("languages = [", 'languages = [ "English",'),
        ("bytes = 330", "bytes = -1"),
        ("bytes = 330", 'bytes = "330"'),
        ("streaming = true", "streaming = true\nunknown = 1"),
        ("streaming = true", ""),
        ("[[models]]", "[[models"),
    ],
)
def test_a_catalogue_that_cannot_be_is_refused(tmp_path: Path, of: str, to: str) -> None:
    path = tmp_path / "catalogue.toml"
    assert of in FIRST
    path.write_text(FIRST.replace(of, to), encoding="utf-8")

    with pytest.raises(ConfigError, match="SOTTO_MODEL_CATALOGUE"):
        read_catalogue(path)


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(FIRST + FIRST, encoding="utf-8")

    with pytest.raises(ConfigError, match="two models"):
        read_catalogue(path)


def test_a_catalogue_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_catalogue(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("query", "language", "found"),
    [
        ("", "", True),
        ("QWEN", "", True),
        ("asr 0.6", "", True),
        ("asr 1.7", "", False),
        ("", "zh-Hant-TW", True),
        ("", "ZH", True),
        ("", "sw", False),
        ("qwen", "sw", False),
    ],
)
def test_models_are_searched_by_words_and_language(query: str, language: str, found: bool) -> None:
    text = "qwen3-asr-0.6b Qwen3-ASR 0.6B"

    assert matches(text, ("zh", "en"), query, language) is found
