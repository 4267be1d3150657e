from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sidecar.errors import LoadFailedError, ModelCorruptError
from sidecar.inference.embeddings import Table


def written(folder: Path, *shape: int, dtype: str = "float16") -> Path:
    path = folder / "embeddings.npy"
    np.save(path, np.arange(np.prod(shape)).reshape(shape).astype(dtype))
    return path


def test_rows_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    table = Table(written(tmp_path, 10, 4), width=4, n_rows=10)

    found = table.rows([7, 2])

    assert found.dtype == np.float32
    assert found.tolist() == [[28, 29, 30, 31], [8, 9, 10, 11]]


def test_no_tokens_have_no_rows(tmp_path: Path) -> None:
    assert Table(written(tmp_path, 10, 4), width=4, n_rows=10).rows([]).shape == (0, 4)


def test_rows_more_than_there_are_tokens_are_padding(tmp_path: Path) -> None:
    assert Table(written(tmp_path, 10, 4), width=4, n_rows=8).rows([7]).shape == (1, 4)


def test_a_table_that_becomes_shorter_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path, 10, 4)
    table = Table(path, width=4, n_rows=10)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 2)

    assert table.rows([8]).shape == (1, 4)
    with pytest.raises(ModelCorruptError):
        table.rows([9])


@pytest.mark.parametrize(
    ("shape", "dtype"), [((10, 5), "float16"), ((7, 4), "float16"), ((40,), "float16"),
                         ((10, 4), "float32")]
)  # fmt: skip
def test_a_table_of_another_model_is_damage(
    tmp_path: Path, shape: tuple[int, ...], dtype: str
) -> None:
    path = written(tmp_path, *shape, dtype=dtype)

    with pytest.raises(ModelCorruptError) as caught:
        Table(path, width=4, n_rows=8)

    assert caught.value.detail == "embeddings.npy"


def test_a_table_cut_off_is_damage_and_none_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, 10, 4)
    for n_bytes in (0, 20, 150):
        (tmp_path / "cut.npy").write_bytes(path.read_bytes()[:n_bytes])
        with pytest.raises(ModelCorruptError):
            Table(tmp_path / "cut.npy", width=4, n_rows=8)

    with pytest.raises(LoadFailedError, match="missing"):
        Table(tmp_path / "none.npy", width=4, n_rows=8)
