"""What `sotto doctor` finds out without a sidecar: libraries are loaded, folders are tried."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Literal, TypeAlias

from sidecar.config import ConfigError, settings_from_environment
from sidecar.errors import LoadFailedError
from sidecar.host.paths import data_dir, runtime_dir

REINSTALL = "Install Sotto again; its dependencies are not complete."
CHANGE = "Change that setting or folder."
AUDIO_PER_HOUR_BYTES = 115_000_000  # 16-bit samples at 16 kHz

Status: TypeAlias = Literal["ok", "warning", "broken"]
Finding: TypeAlias = tuple[Status, str, str]
"""Status, what was found, and how to fix it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `fix` says what to do, unless all is well."""

    name: str
    status: Status
    found: str
    fix: str = ""


def check_machine() -> list[Check]:
    """Try everything that does not need a sidecar. Never raises for what it finds."""
    return [_try(name, check) for name, check in _CHECKS.items()]


def _try(name: str, check: Callable[[], Finding]) -> Check:
    try:
        return Check(name, *check())
    except ConfigError as error:
        return Check(name, "broken", str(error), CHANGE)
    except Exception as error:  # a library may fail to load in any way
        return Check(name, "broken", f"{type(error).__name__}: {error}", REINSTALL)


def _python() -> Finding:
    return "ok", f"{platform.python_version()} on {platform.platform(terse=True)}", ""


def _processor() -> Finding:
    cores = os.cpu_count() or 1
    found = f"{cores} {platform.machine()} core{'s' if cores > 1 else ''}"
    if cores == 1:
        return "warning", found, "Engines share the core with everything else; expect delays."
    return "ok", found, ""


def _zeromq() -> Finding:
    from sidecar.rpc.transport import check_libzmq

    check_libzmq()
    return "ok", f"pyzmq {metadata.version('pyzmq')}, with encryption", ""


def _onnxruntime() -> Finding:
    import onnxruntime

    return (
        "ok",
        f"{onnxruntime.__version__} ({', '.join(onnxruntime.get_available_providers())})",
        "",
    )


def _speech_detector() -> Finding:
    from sidecar.vad.silero import SileroVad

    try:
        SileroVad()
    except LoadFailedError as error:
        return (
            "warning",
            f"by loudness alone, so noise may be taken for speech. {error.message}",
            (REINSTALL),
        )
    return "ok", "Silero", ""


def _sound_files() -> Finding:
    import soundfile

    missing = {"WAV", "FLAC", "OGG", "MP3"} - soundfile.available_formats().keys()
    found = f"libsndfile {soundfile.__libsndfile_version__}"
    if missing:
        return "warning", f"{found}, without {', '.join(sorted(missing))}", REINSTALL
    return "ok", f"{found}: WAV, FLAC, OGG", ""


def _compressed_files() -> Finding:
    import av

    missing = {"mp3", "aac", "opus", "vorbis"} - av.codecs_available
    found = f"FFmpeg {av.ffmpeg_version_info}"
    if missing:
        return "warning", f"{found}, without {', '.join(sorted(missing))}", REINSTALL
    return "ok", f"{found}: MP3, M4A, WebM", ""


def _private_folder() -> Finding:
    return (
        "ok",
        f"{runtime_dir(settings_from_environment(os.environ).runtime_dir)}, yours alone",
        "",
    )


def _disk() -> Finding:
    folder = data_dir(settings_from_environment(os.environ).data_dir)
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    if free < AUDIO_PER_HOUR_BYTES:
        return "broken", found, "Make room: not even an hour of audio fits."
    return "ok", found, ""


_CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": _python,
    "Processor": _processor,
    "ZeroMQ": _zeromq,
    "ONNX Runtime": _onnxruntime,
    "Speech detector": _speech_detector,
    "Sound files": _sound_files,
    "Compressed audio": _compressed_files,
    "Private folder": _private_folder,
    "Disk": _disk,
}
