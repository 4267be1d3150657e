from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Our wheel, built as `make wheel` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def metadata(wheel: zipfile.ZipFile) -> str:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


def test_installing_the_wheel_asks_for_nothing_that_needs_torch(wheel: zipfile.ZipFile) -> None:
    required = [line for line in metadata(wheel).splitlines() if line.startswith("Requires-Dist")]

    assert any("pyzmq" in line for line in required)
    assert not any("torch" in line or "silero" in line for line in required)


def test_the_wheel_carries_the_vad_model_and_its_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()

    assert "sidecar/vad/silero_vad_16k_sequence.onnx" in names
    assert any(name.endswith("licenses/packaging/licences/silero-vad.txt") for name in names)


def test_the_wheel_carries_the_demo_clip_and_the_command(wheel: zipfile.ZipFile) -> None:
    entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))

    assert any(name.startswith("sidecar/cli/data/") for name in wheel.namelist())
    assert "sotto = sidecar.__main__:main" in wheel.read(entry_points).decode()
