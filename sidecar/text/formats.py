"""A transcript as a file that people and programs read: txt, json, srt, vtt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from sidecar.domain import Segment, Timings, Transcript, Word
from sidecar.text.cues import Cue, make_cues
from sidecar.text.spacing import join_pieces


class Format(StrEnum):
    """What `sotto transcribe` writes. The value is also the file extension."""

    TXT = "txt"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


def render(form: Format, name: str, transcript: Transcript) -> str:
    """The transcript of the recording called `name`; ends with a newline unless empty."""
    if form is Format.JSON:
        return _json(name, transcript.text, transcript.segments, transcript)
    return render_readable(form, transcript.text, transcript.segments)


def render_partial(form: Format, name: str, segments: Sequence[Segment]) -> str:
    """The same for a transcription that was stopped: what was final by then."""
    text = join_pieces(segment.text for segment in segments)
    if form is Format.JSON:
        return _json(name, text, segments, None)
    return render_readable(form, text, segments)


def render_readable(form: Format, text: str, segments: Iterable[Segment]) -> str:
    """As `render`, for all but JSON: subtitles of the segments, or the text itself."""
    if form is Format.SRT:
        return _srt(make_cues(segments))
    if form is Format.VTT:
        return _vtt(make_cues(segments))
    return f"{text}\n" if text else ""


def _srt(cues: Iterable[Cue]) -> str:
    return "\n".join(
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n"
        + "".join(f"{line}\n" for line in cue.lines)
        for number, cue in enumerate(cues, start=1)
    )


def _vtt(cues: Iterable[Cue]) -> str:
    """WebVTT, https://www.w3.org/TR/webvtt1/: `&`, `<` and `>` would be markup."""
    return "WEBVTT\n" + "".join(
        f"\n{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n"
        + "".join(f"{_escape(line)}\n" for line in cue.lines)
        for cue in cues
    )


def _escape(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(time_ms: int, point: str) -> str:
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _json(name: str, text: str, segments: Sequence[Segment], whole: Transcript | None) -> str:
    """One object on one line, so that several files make JSON Lines."""
    fields = {
        "file": name,
        "partial": whole is None,
        "text": text,
        "language": whole.language if whole else None,
        "engine": whole.engine if whole else None,
        "segments": [json_of(segment) for segment in segments],
        "timings": _timings(whole.timings) if whole else None,
        "notices": list(whole.notices) if whole else [],
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def json_of(segment: Segment) -> dict[str, Any]:
    """A segment as JSON has it."""
    return {
        "start_ms": _ms(segment.start_s),
        "end_ms": _ms(segment.end_s),
        "text": segment.text,
        "language": segment.language,
        "words": [_word(word) for word in segment.words],
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "start_ms": _ms(word.start_s),
        "end_ms": _ms(word.end_s),
        "confidence": None if word.confidence is None else round(word.confidence, 3),
    }


def _timings(timings: Timings) -> dict[str, int]:
    return {
        "audio_ms": _ms(timings.audio_s),
        "speech_ms": _ms(timings.speech_s),
        "decode_ms": _ms(timings.decode_s),
        "total_ms": _ms(timings.total_s),
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
