from __future__ import annotations

import os.path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sidecar.model_store.names import check_names, is_safe

HOSTILE = [
    "../x",
    "a/../../x",
    "/etc/passwd",
    "C:\\x",
    "c:x",
    "a\\..\\x",
    "",
    ".",
    "..",
    "a//b",
    "a/",
    "a\0b",
    "a\nb",
    "con.json",
    "folder/NUL",
    "a.",
    "x" * 129,
    "a/b/c/d/e",
    ".hidden",
    "naïve.txt",
    "a b",
    "file:stream",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused(name: str) -> None:
    assert not is_safe(name)
    with pytest.raises(ValueError, match="not safe"):
        check_names(["config.json", name])


@given(st.text(st.characters(max_codepoint=0x7F), max_size=20))
def test_a_safe_name_stays_below_its_folder(name: str) -> None:
    if is_safe(name):
        whole = os.path.normpath(os.path.join("/models", name))  # noqa: PTH118
        assert whole == f"/models/{name}"


@pytest.mark.parametrize(
    "names",
    [["a.json", "A.json"], ["x/a", "X/A"], ["a.json", "a.json"], ["a", "a/b"], ["A/b", "a"]],
)
def test_names_that_would_be_one_file_somewhere_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"twice|folder"):
        check_names(names)


def test_the_names_of_a_checkpoint_are_fine() -> None:
    check_names(["config.json", "model-00001-of-00002.safetensors", "onnx/model.onnx", "_x.txt"])
