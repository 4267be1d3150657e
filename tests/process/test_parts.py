"""The sidecar's parts are made once, whoever asks for them first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ASK_AT_ONCE = """
import sys, threading
from pathlib import Path
from sidecar.parts import Parts
from sidecar.config import Settings
from sidecar.telemetry.logs import EventLog

parts = Parts(Settings(data_dir=Path(sys.argv[1])), None, EventLog())
together, found = threading.Barrier(8), []

def ask():
    together.wait()
    found.append((parts.store(), parts.pool(), parts._database()))

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*(len({id(each[n]) for each in found}) for n in range(3)), len(found))
"""


def test_threads_that_ask_at_once_get_the_same_parts(tmp_path: Path) -> None:
    # In an interpreter of its own: what is asked for first is imported by that.
    said = subprocess.run(
        [sys.executable, "-c", ASK_AT_ONCE, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.split() == ["1", "1", "1", "8"]
