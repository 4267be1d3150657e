from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.audio.files import open_audio
from sidecar.errors import BadAudioError, DiskFullError
from sidecar.session.manifest import Manifest, RecordingInfo, read_manifest
from sidecar.session.recording import AUDIO, Recording
from sidecar.session.syncing import Syncer
from sidecar.session.wav import HEADER_BYTES
from tests.conftest import PATIENCE_S

INFO = RecordingInfo(16_000, "builtin", "en", ("Sotto",), 1_700_000_000.0)

COUNT = """
import struct, sys
from pathlib import Path
from sidecar.session.manifest import RecordingInfo
from sidecar.session.recording import Recording

recording = Recording(Path(sys.argv[1]), RecordingInfo(16_000, "builtin", None, (), 0.0))
for n in range(1 << 20):
    recording.append(struct.pack("<i", n) * 400)
    print(n, flush=True)
"""

FILL = """
import json, resource, sys
from pathlib import Path
from sidecar.errors import DiskFullError
from sidecar.session.manifest import RecordingInfo
from sidecar.session.recording import Recording

recording = Recording(Path(sys.argv[1]), RecordingInfo(16_000, "builtin", None, (), 0.0))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
told = []
for n in range(10):
    try:
        recording.append(bytes([n, n + 1]) * 160)
    except DiskFullError as error:
        told.append([n, error.kind, error.message, error.detail])
print(json.dumps([told, getattr(recording, sys.argv[3])()]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recording"


def pcm_of(folder: Path) -> bytes:
    return (folder / AUDIO).read_bytes()[HEADER_BYTES:]


def failed_syncer() -> Syncer:
    """One that has found out: a pipe cannot be synced."""
    reader, writer = os.pipe()
    syncer = Syncer(writer, ())
    syncer._thread.join(PATIENCE_S)
    os.close(reader)
    return syncer


def syncers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "journal-sync"]


def test_what_was_appended_is_in_the_file_at_once(folder: Path) -> None:
    recording = Recording(folder, INFO)
    seen = []

    for n in range(5):
        recording.append(bytes([n, 0]) * 1600)
        seen.append(pcm_of(folder))

    assert seen == [b"".join(bytes([m, 0]) * 1600 for m in range(n + 1)) for n in range(5)]
    recording.discard()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_read_it_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        recording = Recording(folder, INFO)
    finally:
        os.umask(before)
    recording.append(b"\1\0")
    recording.keep()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_finished_recording_is_gone_unless_it_is_to_stay(folder: Path) -> None:
    recording = Recording(folder, INFO)
    recording.append(b"\1\0" * 1600)

    stays = recording.finish()

    assert not stays
    assert not folder.exists()


def test_a_finished_recording_that_stays_says_so_and_how_long_it_is(folder: Path) -> None:
    recording = Recording(folder, INFO, keep_finished=True)
    recording.append(b"\1\0" * 1600)

    assert recording.finish()

    assert read_manifest(folder) == Manifest(state="finished", info=INFO)
    assert (sf.info(folder / AUDIO).frames, sf.info(folder / AUDIO).samplerate) == (1600, 16_000)


@pytest.mark.parametrize(("keep_finished", "state"), [(False, "interrupted"), (True, "finished")])
def test_a_finished_recording_can_be_kept_until_its_text_is_safe(
    folder: Path, keep_finished: bool, state: str
) -> None:
    recording = Recording(folder, INFO, keep_finished=keep_finished)
    recording.append(b"\1\0" * 1600)

    assert recording.finish(keep=True)

    manifest = read_manifest(folder)
    assert manifest
    assert manifest.state == state


def test_a_recording_that_is_kept_counts_as_interrupted(folder: Path) -> None:
    recording = Recording(folder, INFO)
    recording.append(b"\1\0" * 1600)

    assert recording.keep()

    assert read_manifest(folder) == Manifest(state="interrupted", info=INFO)
    assert sf.info(folder / AUDIO).frames == 1600


def test_there_is_nothing_to_keep_of_a_recording_without_a_sample(folder: Path) -> None:
    assert not Recording(folder, INFO).keep()
    assert not folder.exists()


@pytest.mark.parametrize("first", ["finish", "keep", "discard"])
@pytest.mark.parametrize("then", ["finish", "keep", "discard"])
def test_the_first_way_to_end_it_counts(folder: Path, first: str, then: str) -> None:
    recording = Recording(folder, INFO, keep_finished=True)
    recording.append(b"\1\0")

    stays = getattr(recording, first)()
    recording.append(b"\2\0")

    assert getattr(recording, then)() == stays == (first != "discard")
    assert folder.exists() == stays
    assert not stays or pcm_of(folder) == b"\1\0"


def test_who_waits_for_room_is_told_once_it_is_closed(folder: Path) -> None:
    told = []
    recording = Recording(folder, INFO, on_kept=lambda: told.append(read_manifest(folder)))
    recording.append(b"\1\0")

    recording.keep()
    recording.keep()

    assert told == [Manifest(state="interrupted", info=INFO)]


def test_its_thread_ends_with_it(tmp_path: Path) -> None:
    before = syncers()
    recordings = [Recording(tmp_path / str(n), INFO) for n in range(3)]
    for recording in recordings:
        recording.append(b"\1\0")

    recordings[0].finish()
    recordings[1].keep()
    recordings[2].discard()

    for thread in set(syncers()) - set(before):
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_folder_that_is_there_already_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / AUDIO).touch()

    with pytest.raises(FileExistsError):
        Recording(folder, INFO)

    assert (folder / AUDIO).exists()


@settings(max_examples=60)
@given(
    st.lists(st.binary(min_size=2, max_size=64).map(lambda pcm: pcm[: len(pcm) & ~1]), max_size=12),
    st.floats(0, 1),
)
def test_whatever_a_crash_cuts_off_all_whole_samples_before_it_are_heard_in_order(
    chunks: list[bytes], share: float
) -> None:
    pcm = b"".join(chunk * 200 for chunk in chunks)
    left = int(share * len(pcm))
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "recording"
        recording = Recording(folder, INFO)
        for chunk in chunks:
            recording.append(chunk * 200)
        content = (folder / AUDIO).read_bytes()[: HEADER_BYTES + left]
        recording.discard()

    heard = np.empty(0, np.float32)
    with suppress(BadAudioError), open_audio(content) as file:  # of what has no sample
        heard = np.concatenate(list(file.blocks()))

    said = np.frombuffer(pcm[: left & ~1], "<i2")
    assert np.array_equal(heard, (said / 32_768).astype(np.float32))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_that_is_killed_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        with subprocess.Popen(
            [sys.executable, "-c", COUNT, str(folder)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(random.randrange(1, 300))]
            child.kill()
            lines += child.stdout.readlines()  # what it had said by then

        last = int(lines[-1])
        numbers = np.frombuffer(pcm_of(folder), "<i4")
        whole = numbers[: len(numbers) // 400 * 400].reshape(-1, 400)
        assert len(whole) > last
        assert np.array_equal(whole, np.arange(len(whole))[:, None].repeat(400, axis=1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("end", ["keep", "finish"])
def test_a_full_disk_is_told_once_and_what_it_took_stays_whole(folder: Path, end: str) -> None:
    limit = HEADER_BYTES + 1001  # within the fourth chunk, and within a sample
    filled = subprocess.run(
        [sys.executable, "-c", FILL, str(folder), str(limit), end],
        capture_output=True,
        text=True,
        check=True,
    )

    told, stays = json.loads(filled.stdout)
    assert [told_of[:2] for told_of in told] == [[3, "DISK_FULL"]]
    assert "free some space" in told[0][2]
    assert told[0][3] == "EFBIG"
    assert stays == (end == "keep")
    if stays:
        wanted = b"".join(bytes([n, n + 1]) * 160 for n in range(10))[:1000]
        assert pcm_of(folder) == wanted
        assert sf.info(folder / AUDIO).frames == 500


def test_a_disk_that_fails_to_sync_is_told_with_the_next_append(folder: Path) -> None:
    recording = Recording(folder, INFO)
    recording.append(b"\1\0")
    recording._syncer.stop()
    recording._syncer = failed_syncer()

    with pytest.raises(DiskFullError, match="check the disk"):
        recording.append(b"\2\0")
    recording.append(b"\3\0")

    assert pcm_of(folder) == b"\1\0"
    recording.discard()
