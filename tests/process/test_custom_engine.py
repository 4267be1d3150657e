"""A third party's package adds an engine: installed beside Sotto, found, run in a worker."""

from __future__ import annotations

import asyncio
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ
from sidecar.engine.base import SegmentOptions
from tests.conftest import CHECKOUT
from tests.process.pools import laboratory

PACKAGE = CHECKOUT / "examples" / "custom_engine"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an installer does: the package on the path, its metadata beside it."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    info = tmp_path / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [f"{k} = {v}" for k, v in project["entry-points"]["sotto.engines"].items()]
    (info / "entry_points.txt").write_text("\n".join(["[sotto.engines]", *lines]))
    for folder in (tmp_path, PACKAGE):
        monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PACKAGE}")


@pytest.mark.usefixtures("installed")
def test_an_engine_from_another_package_is_found_by_name_and_recognises() -> None:
    time_s = np.arange(SAMPLE_RATE_HZ // 2) / SAMPLE_RATE_HZ
    key_5 = np.sin(2 * np.pi * 770 * time_s) + np.sin(2 * np.pi * 1336 * time_s)

    async def run() -> None:
        async with laboratory() as lab:
            assert "dtmf" in lab.pool.names()
            samples = (0.3 * key_5).astype(np.float32)
            heard = await lab.pool.recognise("dtmf", samples, SegmentOptions())

        assert heard.text == "5"
        assert (heard.words[0].start_s, heard.words[0].end_s) == (0.0, 0.5)

    asyncio.run(run())
