from __future__ import annotations

import os
import sys
import threading

import pytest

from sidecar.telemetry import process


def test_resident_memory_is_between_a_small_and_a_large_python() -> None:
    assert 5 << 20 < process.rss_bytes() < 8 << 30


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell")
def test_open_files_are_counted() -> None:
    before = process.open_files()
    fd = os.open(os.devnull, os.O_RDONLY)
    after = process.open_files()
    os.close(fd)

    assert before is not None
    assert after == before + 1


def test_threads_are_counted() -> None:
    release = threading.Event()
    before = process.threads()
    thread = threading.Thread(target=release.wait)
    thread.start()
    during = process.threads()
    release.set()
    thread.join()

    assert during == before + 1
