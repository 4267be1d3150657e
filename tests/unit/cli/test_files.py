from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
import typer

from sidecar.cli.files import Job, plan, write_whole
from sidecar.text.formats import Format


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    recording = tmp_path / "talk.wav"
    recording.write_bytes(b"RIFF")
    return recording


def refusal(files: list[str], form: Format, output: str | None, *, force: bool = False) -> str:
    with pytest.raises(typer.BadParameter) as refused:
        plan(files, form, output, force=force)
    return refused.value.message


def test_without_output_results_go_to_stdout(talk: Path) -> None:
    assert plan([str(talk)], Format.TXT, None, force=False) == [Job(str(talk), talk, None)]


def test_a_recording_goes_to_the_file_that_is_named(talk: Path, tmp_path: Path) -> None:
    (job,) = plan([str(talk)], Format.SRT, str(tmp_path / "subtitles.srt"), force=False)

    assert job.target == tmp_path / "subtitles.srt"


def test_in_a_folder_files_are_called_after_their_recordings(tmp_path: Path) -> None:
    jobs = plan(["a/x.wav", "b/y.mp3"], Format.VTT, str(tmp_path), force=False)

    assert [job.target for job in jobs] == [tmp_path / "x.vtt", tmp_path / "y.vtt"]


def test_one_recording_may_go_to_a_folder_too(talk: Path, tmp_path: Path) -> None:
    (job,) = plan([str(talk)], Format.TXT, f"{tmp_path}/", force=False)

    assert job.target == tmp_path / "talk.txt"


def test_a_missing_folder_is_refused_before_any_work(talk: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent"

    for output in (f"{absent}/", f"{absent}/talk.txt"):
        assert refusal([str(talk)], Format.TXT, output) == (
            f"The folder {absent} does not exist. Make it first."
        )


def test_two_recordings_never_share_a_file(tmp_path: Path) -> None:
    assert "both be written to x.txt" in refusal(["a/x.wav", "b/x.mp3"], Format.TXT, str(tmp_path))


@pytest.mark.parametrize("form", [Format.SRT, Format.VTT])
def test_subtitles_of_several_recordings_need_a_folder(form: Format) -> None:
    assert "--output FOLDER" in refusal(["a.wav", "b.wav"], form, None)


def test_an_existing_file_is_replaced_only_when_asked(talk: Path, tmp_path: Path) -> None:
    older = tmp_path / "talk.txt"
    older.write_text("precious", encoding="utf-8")

    assert refusal([str(talk)], Format.TXT, str(older)) == (
        f"{older} exists. Add --force to replace it."
    )
    (job,) = plan([str(talk)], Format.TXT, str(older), force=True)
    assert job.target == older


def test_the_recording_itself_is_never_replaced(talk: Path) -> None:
    assert "is the recording itself" in refusal([str(talk)], Format.TXT, str(talk), force=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_device_is_never_replaced(talk: Path) -> None:
    assert "is not a file" in refusal([str(talk)], Format.TXT, "/dev/null", force=True)


def test_standard_input_is_read_only_once() -> None:
    assert "only once" in refusal(["-", "-"], Format.TXT, None)


def test_a_missing_recording_is_an_error_of_that_recording(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Job("gone.wav", tmp_path / "gone.wav", None).read()


def test_a_folder_is_not_a_recording(tmp_path: Path) -> None:
    with pytest.raises((IsADirectoryError, PermissionError)):
        Job("folder", tmp_path, None).read()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_a_named_pipe_is_read_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[b"RIFF"])
    writer.start()

    assert Job("pipe", pipe, None).read() == b"RIFF"
    writer.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such devices")
def test_a_pipe_without_end_is_refused_before_memory_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.cli.files.MAX_PIPED_BYTES", 3 << 20)

    with pytest.raises(OSError, match="more than 3 MiB; save it as a file"):
        Job("zeros", Path("/dev/zero"), None).read()


def test_a_file_is_written_whole_in_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    target = tmp_path / "talk.txt"

    write_whole(target, "你好\n")

    assert target.read_bytes() == "你好\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["talk.txt"]


def test_a_failed_write_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "talk.txt"
    target.write_text("precious", encoding="utf-8")

    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "cannot be encoded: \udcff")

    assert target.read_text(encoding="utf-8") == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["talk.txt"]
