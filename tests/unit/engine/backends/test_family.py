import re

import pytest

from sidecar.convert.description import LANGUAGES
from sidecar.engine.backends.qwen3_asr import QWEN3_ASR


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("en-GB", "English"),
        ("zh-Hans-CN", "Chinese"),
        ("YUE", "Cantonese"),
        ("fil", "Filipino"),
        ("eng", None),
        ("xx-Latn", None),
        ("", None),
        (None, None),
    ],
)
def test_a_language_has_the_name_of_the_one_it_is_a_variety_of(
    tag: str | None, name: str | None
) -> None:
    assert QWEN3_ASR.language_name(tag) == name


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("language English", "en"),
        ("language  english ", "en"),
        ("language Cantonese", "yue"),
        ("language None", None),
        ("language", None),
        ("language Klingon", None),
        ("English", None),
        ("", None),
    ],
)
def test_the_language_that_an_answer_is_in_is_understood(said: str, tag: str | None) -> None:
    assert QWEN3_ASR.language_tag(said) == tag


def test_every_language_that_is_said_is_understood() -> None:
    for tag, name in QWEN3_ASR.languages.items():
        said = QWEN3_ASR.language.format(name).removesuffix(QWEN3_ASR.mark)
        assert QWEN3_ASR.language_tag(said) == tag
        assert re.fullmatch(r"[A-Z][a-z]+", name)


def test_converted_models_declare_the_languages_that_have_a_name() -> None:
    assert set(LANGUAGES["qwen3-asr"]) == set(QWEN3_ASR.languages)
