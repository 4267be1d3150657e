"""The process that converts: what it says is heard, and it never outlives whoever asked."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sidecar import errors
from sidecar.model_store.conversion import ConvertProcess, convert_command
from sidecar.model_store.tuning import Weights
from tests.unit.model_store.hub import Told

NOWHERE = Path("/nowhere")


def converter(script: str) -> ConvertProcess:
    return ConvertProcess(lambda *_: [sys.executable, "-c", script], leave_s=0.2)


async def convert(script: str, told: Told) -> None:
    await converter(script)(NOWHERE, NOWHERE, "model", told)


def test_the_command_is_ours_with_what_a_program_needs() -> None:
    command = convert_command(Path("/from"), Path("/to"), "tiny")

    said = " ".join(command)
    assert said.endswith(
        "convert /from /to --id tiny --encoder int8 --decoder q4_k --progress json"
    )


def test_weights_are_kept_as_is_best_here() -> None:
    weights = Weights(cores=2, encoder="fp32", decoder="q8_0")

    command = convert_command(Path("/from"), Path("/to"), "tiny", weights)

    assert "--encoder fp32 --decoder q8_0" in " ".join(command)


async def test_what_it_says_is_told_and_noise_is_not() -> None:
    told = Told()

    await convert(
        """
print('{"phase": "converting", "done": 1, "total": 4}')
print('a library says hello')
print('{"phase": "polishing", "done": 2}')
print('[]')
print('{"phase": "checking", "done": 4, "total": 4}')
""",
        told,
    )

    assert [(e.phase, e.done, e.total) for e in told.events] == [
        ("converting", 0, None),
        ("converting", 1, 4),
        ("checking", 4, 4),
    ]


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        (
            'print(\'{"error": {"kind": "DISK_FULL", "message": "No room."}}\'); exit(1)',
            errors.DiskFullError,
            "No room",
        ),
        (
            'print(\'{"error": {"kind": "NEW_KIND", "message": "?"}}\'); exit(1)',
            errors.InternalError,
            "please report",
        ),
        ("exit(3)", errors.InternalError, "please report"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", errors.InternalError, "report"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            errors.OutOfMemoryError,
            "memory",
        ),
        (
            'print(\'{"error": {"kind": "DISK_FULL", "message": "No room."}}\')',
            errors.DiskFullError,  # it ended well, and yet it did not
            "No room",
        ),
    ],
)
async def test_how_it_failed_is_told(script: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        await convert(script, Told())


async def test_one_that_does_not_heed_the_request_to_end_is_ended(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path({str(tmp_path)!r}, "pid").write_text(str(os.getpid()))
print('{{"done": 1}}', flush=True)
while True:
    time.sleep(1)
"""
    begun = asyncio.Event()
    converting = asyncio.ensure_future(
        converter(script)(NOWHERE, NOWHERE, "m", lambda event: begun.set() if event.done else None)
    )
    await begun.wait()

    converting.cancel()
    await asyncio.wait([converting])

    pid = (tmp_path / "pid").read_text()
    assert converting.cancelled()
    assert not Path("/proc", pid).exists()


async def test_one_that_cannot_be_started_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="No such file"):
        await ConvertProcess(lambda *_: ["/no/such/program"])(NOWHERE, NOWHERE, "m", Told())
