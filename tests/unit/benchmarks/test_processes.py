from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks._processes import cpu_s, family, rss_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

CHILD = """
import time
while time.process_time() < 0.3:
    pass
print("worked", flush=True)
input()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}],
                         stdout=subprocess.PIPE, stdin=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
input()
child.communicate(b"\\n")
print("ended", flush=True)
input()
"""


@contextmanager
def parent() -> Iterator[subprocess.Popen[str]]:
    """A process whose child works for 0.3 s of processor time."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_family_is_a_process_and_what_it_has_started() -> None:
    with parent() as process:
        child = int(line(process))

        assert family(process.pid) == [process.pid, child]
        assert rss_bytes(process.pid) > rss_bytes(child) > 1 << 20


def test_the_time_of_a_child_counts_while_it_lives_and_when_it_has_ended() -> None:
    with parent() as process:
        line(process)
        alive_s = cpu_s(process.pid)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        line(process)
        ended_s = cpu_s(process.pid)

    assert alive_s >= 0.3
    assert ended_s >= alive_s


def test_a_process_that_is_gone_uses_nothing() -> None:
    with parent() as process:
        pass

    assert (family(process.pid), cpu_s(process.pid), rss_bytes(process.pid)) == ([], 0, 0)
