"""The messages of the protocol, its methods, events, errors and limits.

Generated from ipc-schema/ by ipc-schema/codegen/generate.py. Do not edit.

The structs take what the schema allows and ignore fields they do not know. Absent
optional fields are UNSET, which is falsy. Building a struct checks no bounds; reading one
does (`sidecar.protocol.codec`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec import Meta as Is  # the schema has a Meta of its own

PROTOCOL_VERSION: Final = (1, 3)
SCHEMA_HASH: Final = "219122234d3d8d443cb0de3d1344cbe934df2423af7bdb16df6439c61287f42b"


class Limits(Struct, frozen=True, kw_only=True):
    """The limits that both ends keep."""

    max_header_bytes: int = 262144
    """Largest header frame a client may send."""

    max_reply_bytes: int = 8388608
    """Largest header frame the sidecar sends; about 13 hours of steady talk with word times."""

    max_binary_bytes: int = 33554432
    """Largest binary frame. Longer audio is uploaded in parts."""

    max_frame_bytes: int = 34603008
    """ZMQ_MAXMSGSIZE on both ends; a peer that sends more is disconnected."""

    max_binaries: int = 8
    """Binary frames in one message."""

    max_depth: int = 32
    """Nesting of maps and arrays in a header."""

    max_array_len: int = 65536
    """Elements in one array."""

    max_map_len: int = 256
    """Entries in one map."""

    max_str_bytes: int = 2097152
    """UTF-8 bytes in one string."""

    max_clients: int = 8
    """Clients that may be connected at once."""

    max_pending: int = 64
    """Unanswered requests of one client."""

    max_in_flight_bytes: int = 134217728
    """Binary bytes of one client that wait for an answer."""

    max_uploads: int = 4
    """Uploads one client may have open."""

    max_upload_bytes: int = 4294967296
    """Size of one upload."""

    max_rate_per_s: int = 2000
    """Messages of one client per second, over time."""

    max_burst: int = 4000
    """Messages a client may send at once before the rate counts."""

    max_bad_frames: int = 20
    """Malformed messages in 10 s after which a client is dropped."""

    outbox_messages: int = 256
    """Messages that wait for one client to read them."""

    outbox_bytes: int = 16777216
    """Bytes that wait for one client to read them."""

    outbox_stall_ms: int = 10000
    """A client that reads nothing for so long while messages wait is dropped."""

    heartbeat_ms: int = 2000
    """How often a client should ping when it has nothing else to say."""

    silence_ms: int = 30000
    """A client silent for so long is dropped."""

    max_streams: int = 2
    """Dictations one client may have open."""

    stream_credit: int = 100
    """Chunks of a dictation that may be on their way unacknowledged."""

    max_chunk_ms: int = 500
    """Longest chunk of a dictation."""

    resume_ms: int = 10000
    """How long a dictation waits for its client after the connection broke."""

    event_ring: int = 256
    """Events of a dictation that are kept to be told again after a broken connection."""

    hello_ms: int = 5000
    """Time a new client has to say hello."""

    max_timeout_ms: int = 86400000
    """Longest meta.tmo."""


LIMITS: Final = Limits()


class AudioOpenParams(Struct, frozen=True, kw_only=True):
    """The upload's size, where the client knows it: refused at once if there is no room."""

    total_bytes: Annotated[int, Is(ge=0, le=9007199254740991)] | UnsetType = UNSET


class AudioOpenResult(Struct, frozen=True, kw_only=True):
    """The upload's name within this connection, and the part size that travels best."""

    upload: Annotated[int, Is(ge=0, le=4294967295)]
    part_bytes: Annotated[int, Is(ge=1, le=33554432)]


class Binary(Struct, frozen=True, kw_only=True, rename={"bin": "$bin"}):
    """Stands for the binary frame of this index. Every frame is referred to exactly once."""

    bin: Annotated[int, Is(ge=0, le=7)]


class AudioPutParams(Struct, frozen=True, kw_only=True):
    """The next part; seq counts from 0."""

    upload: Annotated[int, Is(ge=0, le=4294967295)]
    seq: Annotated[int, Is(ge=0, le=4294967295)]
    data: Binary


class AudioPutResult(Struct, frozen=True, kw_only=True):
    """Bytes of the upload that are on disk now."""

    received_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]


class AudioDropParams(Struct, frozen=True, kw_only=True):
    """The upload to forget."""

    upload: Annotated[int, Is(ge=0, le=4294967295)]


class AudioDropResult(Struct, frozen=True, kw_only=True):
    """Nothing."""


class AudioFolderParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class AudioFolderResult(Struct, frozen=True, kw_only=True):
    """A private folder of this connection, which vanishes with it. path is absent where client and
    sidecar share no files.
    """

    path: Annotated[str, Is(min_length=1, max_length=4096)] | UnsetType = UNSET


class InlineAudio(Struct, frozen=True, kw_only=True, tag_field="k", tag="inline"):
    """The whole recording, in a binary frame of this message."""

    data: Binary


class UploadedAudio(Struct, frozen=True, kw_only=True, tag_field="k", tag="upload"):
    """The whole recording, uploaded before with audio.open and audio.put."""

    upload: Annotated[int, Is(ge=0, le=4294967295)]


class FileAudio(Struct, frozen=True, kw_only=True, tag_field="k", tag="file"):
    """The whole recording, a file that the client has left in the folder of audio.folder under a
    name of its choice.
    """

    name: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]


AudioSource: TypeAlias = InlineAudio | UploadedAudio | FileAudio
"""Where the recording is. Any container and codec that the sidecar decodes; it looks at the bytes,
not at a name.
"""


EngineId: TypeAlias = Annotated[str, Is(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
"""The name an engine is registered under."""


class TranscribeParams(Struct, frozen=True, kw_only=True):
    """What to transcribe, and how."""

    audio: AudioSource
    engine: EngineId | UnsetType = UNSET
    """Absent: the default engine."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    """BCP 47 tag. Absent: the engine finds out."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """Words that are likely to be said."""
    levels: bool | UnsetType = UNSET
    """Send level events."""
    align: bool | UnsetType = UNSET
    """Have the installed aligner find word times where the engine gives none. Absent: yes."""


class Word(Struct, frozen=True, kw_only=True):
    """One word, with its time in the recording."""

    text: Annotated[str, Is(min_length=1, max_length=256)]
    start_ms: Annotated[int, Is(ge=0, le=4294967295)]
    end_ms: Annotated[int, Is(ge=0, le=4294967295)]
    confidence_permille: Annotated[int, Is(ge=0, le=1000)] | UnsetType = UNSET
    """Absent where the engine gives none."""


class Segment(Struct, frozen=True, kw_only=True):
    """Text between two pauses. words is empty where neither the engine nor an aligner gives word
    times.
    """

    start_ms: Annotated[int, Is(ge=0, le=4294967295)]
    end_ms: Annotated[int, Is(ge=0, le=4294967295)]
    text: Annotated[str, Is(max_length=65536)]
    words: Annotated[tuple[Word, ...], Is(max_length=4096)]
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET


class Timings(Struct, frozen=True, kw_only=True):
    """Where the time went. decode_ms is the engine's share of total_ms."""

    audio_ms: Annotated[int, Is(ge=0, le=4294967295)]
    speech_ms: Annotated[int, Is(ge=0, le=4294967295)]
    decode_ms: Annotated[int, Is(ge=0, le=4294967295)]
    total_ms: Annotated[int, Is(ge=0, le=4294967295)]


class TranscribeResult(Struct, frozen=True, kw_only=True):
    """The transcript. Silence gives an empty text and no segments."""

    text: Annotated[str, Is(max_length=2097152)]
    segments: Annotated[tuple[Segment, ...], Is(max_length=65536)]
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    engine: EngineId
    timings: Timings
    notices: Annotated[tuple[Annotated[str, Is(max_length=512)], ...], Is(max_length=16)]
    """Sentences a person should read."""


class ProgressEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="progress"):
    """done of total milliseconds of audio; total is absent while unknown."""

    phase: Literal["queued", "loading", "transcribing"]
    done_ms: Annotated[int, Is(ge=0, le=4294967295)]
    total_ms: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET


class LevelEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="level"):
    """One value per bin of bin_ms, from start_ms on: peak and RMS relative to full scale, and the
    chance of speech.
    """

    start_ms: Annotated[int, Is(ge=0, le=4294967295)]
    bin_ms: Annotated[int, Is(ge=1, le=10000)]
    peak_permille: Annotated[tuple[Annotated[int, Is(ge=0, le=1000)], ...], Is(max_length=1024)]
    rms_permille: Annotated[tuple[Annotated[int, Is(ge=0, le=1000)], ...], Is(max_length=1024)]
    speech_permille: Annotated[tuple[Annotated[int, Is(ge=0, le=1000)], ...], Is(max_length=1024)]


class SegmentEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="segment"):
    """A segment that is final."""

    segment: Segment


class SpeechEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="speech"):
    """at_ms counts from the start of the dictation, as all its times do."""

    edge: Literal["start", "end"]
    at_ms: Annotated[int, Is(ge=0, le=4294967295)]


class PartialEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="partial"):
    """The text follows what is committed; the first stable_chars of it are likely to stay."""

    segment: Annotated[int, Is(ge=0, le=4294967295)]
    revision: Annotated[int, Is(ge=0, le=4294967295)]
    text: Annotated[str, Is(max_length=65536)]
    stable_chars: Annotated[int, Is(ge=0, le=4294967295)]


class CommitEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="commit"):
    """offset is the length, in code points, of the text before it."""

    segment: Annotated[int, Is(ge=0, le=4294967295)]
    offset: Annotated[int, Is(ge=0, le=4294967295)]
    text: Annotated[str, Is(min_length=1, max_length=65536)]
    start_ms: Annotated[int, Is(ge=0, le=4294967295)]
    end_ms: Annotated[int, Is(ge=0, le=4294967295)]
    words: Annotated[tuple[Word, ...], Is(max_length=4096)]


class SegmentFinalEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="segment_final"):
    """text is empty where nothing was said."""

    segment: Annotated[int, Is(ge=0, le=4294967295)]
    text: Annotated[str, Is(max_length=65536)]
    start_ms: Annotated[int, Is(ge=0, le=4294967295)]
    end_ms: Annotated[int, Is(ge=0, le=4294967295)]
    trigger: Literal["pause", "length", "flush", "close"]


class FlushedEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="flushed"):
    """The seq that asr.stream.flush was given."""

    seq: Annotated[int, Is(ge=0, le=4294967295)]


class StatusEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="status"):
    """lag_ms is audio received and not decided on; interval_ms is the new audio between two
    partials.
    """

    state: Literal["loading", "listening", "speech", "trailing", "recovering", "behind", "draining"]
    lag_ms: Annotated[int, Is(ge=0, le=4294967295)]
    rtf_permille: Annotated[int, Is(ge=0, le=4294967295)]
    interval_ms: Annotated[int, Is(ge=0, le=4294967295)]


class ErrorEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="error"):
    """kind and message are those of an error."""

    kind: Annotated[str, Is(min_length=1, max_length=32)]
    message: Annotated[str, Is(max_length=1024)]
    recoverable: bool
    detail: Annotated[str, Is(max_length=256)] | UnsetType = UNSET


class FinalEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="final"):
    """The end of a dictation. asr.stream.close answers with the same."""

    text: Annotated[str, Is(max_length=2097152)]
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    engine: EngineId
    timings: Timings
    reason: Literal["close", "abort", "error"]
    """As meant, broken off, or after an error that could not be overcome."""
    complete: bool
    """All that was accepted was recognised."""
    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")] | UnsetType = UNSET
    """The name of its audio in the journal, where that is kept."""
    notices: Annotated[tuple[Annotated[str, Is(max_length=512)], ...], Is(max_length=16)]
    """Sentences a person should read."""


class ModelProgressEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="model_progress"):
    """done of total bytes of this phase; while it converts, of a total that only gives the share.
    What is not known is absent.
    """

    phase: Literal["listing", "downloading", "copying", "checking", "converting"]
    done: Annotated[int, Is(ge=0, le=9007199254740991)]
    total: Annotated[int, Is(ge=0, le=9007199254740991)] | UnsetType = UNSET
    bytes_per_s: Annotated[int, Is(ge=0, le=9007199254740991)] | UnsetType = UNSET
    left_ms: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET
    """How long the phase will take at this pace."""


class DeltaEvent(Struct, frozen=True, kw_only=True, tag_field="t", tag="delta"):
    """More of the text that is being written; not guarded yet."""

    text: Annotated[str, Is(max_length=131072)]


Event: TypeAlias = ProgressEvent | LevelEvent | SegmentEvent | SpeechEvent | PartialEvent | CommitEvent | SegmentFinalEvent | FlushedEvent | StatusEvent | ErrorEvent | FinalEvent | ModelProgressEvent | DeltaEvent
"""What can happen within a request or a dictation, told apart by t."""


class Preferences(Struct, frozen=True, kw_only=True):
    """What a person has chosen, for all front ends. Secrets are not among it."""

    engine: Annotated[str, Is(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?\Z")]
    """Engine for dictation; empty: the default engine."""
    language: Annotated[str, Is(max_length=35)]
    """BCP 47 tag of what is spoken; empty: the engine finds out."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)]
    """Words that are likely to be said."""
    mode: Literal["live", "batch"]
    """live shows text while somebody speaks; batch hears each segment once, as a whole."""
    activation: Literal["toggle", "hold"]
    """Whether the hotkey starts and stops, or is held while speaking."""
    hotkey: Annotated[str, Is(max_length=64)]
    """Electron accelerator, such as CommandOrControl+Shift+Space; empty: none."""
    microphone: Annotated[str, Is(max_length=512)]
    """The device's name; empty: the system's choice."""
    tail_ms: Annotated[int, Is(ge=0, le=2000)]
    """For how long recording goes on after stop, so that the last word is whole."""
    insertion: Literal["paste", "copy", "none"]
    """What becomes of the text: pasted at the cursor, left on the clipboard, or only shown."""
    restore_clipboard: bool
    """Put back what was on the clipboard before pasting."""
    polish: bool
    """Have a language model clean the text."""
    polish_min_chars: Annotated[int, Is(ge=0, le=10000)]
    """Shorter text is not polished."""
    llm_url: Annotated[str, Is(max_length=512)]
    """Base address of an OpenAI-compatible service."""
    llm_model: Annotated[str, Is(max_length=256)]
    """Its model."""
    keep_history: bool
    """Keep the text of dictations."""
    keep_audio_days: Annotated[int, Is(ge=0, le=36500)]
    """For how long the history keeps audio; 0: it keeps none."""
    theme: Literal["system", "light", "dark"]
    """Colours of the app."""
    ui_language: Literal["system", "en", "zh"]
    """Language of the app."""
    sounds: bool
    """Tell start and end by a sound."""
    onboarded: bool
    """Somebody has been through, or skipped, the welcome."""


class PreferencesPatch(Struct, frozen=True, kw_only=True):
    """What changes; the rest stays."""

    engine: Annotated[str, Is(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?\Z")] | UnsetType = UNSET
    """Engine for dictation; empty: the default engine."""
    language: Annotated[str, Is(max_length=35)] | UnsetType = UNSET
    """BCP 47 tag of what is spoken; empty: the engine finds out."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """Words that are likely to be said."""
    mode: Literal["live", "batch"] | UnsetType = UNSET
    """live shows text while somebody speaks; batch hears each segment once, as a whole."""
    activation: Literal["toggle", "hold"] | UnsetType = UNSET
    """Whether the hotkey starts and stops, or is held while speaking."""
    hotkey: Annotated[str, Is(max_length=64)] | UnsetType = UNSET
    """Electron accelerator, such as CommandOrControl+Shift+Space; empty: none."""
    microphone: Annotated[str, Is(max_length=512)] | UnsetType = UNSET
    """The device's name; empty: the system's choice."""
    tail_ms: Annotated[int, Is(ge=0, le=2000)] | UnsetType = UNSET
    """For how long recording goes on after stop, so that the last word is whole."""
    insertion: Literal["paste", "copy", "none"] | UnsetType = UNSET
    """What becomes of the text: pasted at the cursor, left on the clipboard, or only shown."""
    restore_clipboard: bool | UnsetType = UNSET
    """Put back what was on the clipboard before pasting."""
    polish: bool | UnsetType = UNSET
    """Have a language model clean the text."""
    polish_min_chars: Annotated[int, Is(ge=0, le=10000)] | UnsetType = UNSET
    """Shorter text is not polished."""
    llm_url: Annotated[str, Is(max_length=512)] | UnsetType = UNSET
    """Base address of an OpenAI-compatible service."""
    llm_model: Annotated[str, Is(max_length=256)] | UnsetType = UNSET
    """Its model."""
    keep_history: bool | UnsetType = UNSET
    """Keep the text of dictations."""
    keep_audio_days: Annotated[int, Is(ge=0, le=36500)] | UnsetType = UNSET
    """For how long the history keeps audio; 0: it keeps none."""
    theme: Literal["system", "light", "dark"] | UnsetType = UNSET
    """Colours of the app."""
    ui_language: Literal["system", "en", "zh"] | UnsetType = UNSET
    """Language of the app."""
    sounds: bool | UnsetType = UNSET
    """Tell start and end by a sound."""
    onboarded: bool | UnsetType = UNSET
    """Somebody has been through, or skipped, the welcome."""


class ConfigGetParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class ConfigSetParams(Struct, frozen=True, kw_only=True):
    """What changes."""

    changes: PreferencesPatch


class ChangedParams(Struct, frozen=True, kw_only=True):
    """What is not as it was, whoever changed it."""

    what: Literal["history", "config"]


class Meta(Struct, frozen=True, kw_only=True):
    """How the request is to be treated."""

    tmo: Annotated[int, Is(ge=1, le=86400000)]
    """Milliseconds until the caller gives up; the sidecar then answers DEADLINE."""


class Request(Struct, frozen=True, kw_only=True):
    """A call. Ids rise within a connection and are never used twice."""

    jsonrpc: Literal["2.0"]
    id: Annotated[int, Is(ge=0, le=4294967295)]
    method: Annotated[str, Is(min_length=1, max_length=64)]
    params: dict[str, Any]
    meta: Meta


class Notification(Struct, frozen=True, kw_only=True):
    """A message without an answer."""

    jsonrpc: Literal["2.0"]
    method: Annotated[str, Is(min_length=1, max_length=64)]
    params: dict[str, Any]


class Result(Struct, frozen=True, kw_only=True):
    """The answer to a call that worked."""

    jsonrpc: Literal["2.0"]
    id: Annotated[int, Is(ge=0, le=4294967295)]
    result: dict[str, Any]


class ErrorData(Struct, frozen=True, kw_only=True):
    """The stable part of an error."""

    kind: Annotated[str, Is(min_length=1, max_length=32)]
    retryable: bool
    retry_after_ms: Annotated[int, Is(ge=0, le=3600000)] | UnsetType = UNSET
    detail: Annotated[str, Is(max_length=256)] | UnsetType = UNSET


class ErrorObject(Struct, frozen=True, kw_only=True):
    """What went wrong, for programs (code, data.kind) and for people (message)."""

    code: Annotated[int, Is(ge=-32899, le=9999)]
    message: Annotated[str, Is(max_length=1024)]
    data: ErrorData


class Failure(Struct, frozen=True, kw_only=True):
    """The answer to a call that did not work. id is null where the call could not be read."""

    jsonrpc: Literal["2.0"]
    id: Annotated[int, Is(ge=0, le=4294967295)] | None
    error: ErrorObject


class CancelParams(Struct, frozen=True, kw_only=True):
    """The request to stop."""

    id: Annotated[int, Is(ge=0, le=4294967295)]


class EventParams(Struct, frozen=True, kw_only=True):
    """One event of a request or of a dictation: whose, its number, its type, its data."""

    id: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET
    stream: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET
    seq: Annotated[int, Is(ge=0, le=4294967295)]
    event: Event

    def __post_init__(self) -> None:
        if [value is UNSET for value in (self.id, self.stream)].count(False) != 1:
            raise ValueError("Expected exactly one of id, stream")


EngineState: TypeAlias = Literal["cold", "starting", "ready", "busy", "failed"]
"""Where an engine's worker is in its life."""


class StateParams(Struct, frozen=True, kw_only=True):
    """The new state of an engine's worker."""

    engine: EngineId
    state: EngineState
    message: Annotated[str, Is(max_length=1024)] | UnsetType = UNSET


EntryId: TypeAlias = Annotated[int, Is(ge=1, le=9007199254740991)]
"""Names an entry of the history; later entries have larger ones."""


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One dictation or recording that was turned into text."""

    entry: EntryId
    created_ms: Annotated[int, Is(ge=0, le=9007199254740991)]
    """Milliseconds since 1970, UTC."""
    text: Annotated[str, Is(max_length=2097152)]
    """The text as it is now: polished, edited or heard again."""
    raw_text: Annotated[str, Is(max_length=2097152)] | UnsetType = UNSET
    """What was recognised, where that is not the text."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    engine: EngineId
    duration_ms: Annotated[int, Is(ge=0, le=4294967295)]
    has_audio: bool
    starred: bool
    trashed: bool
    """Deleted, and still to be restored."""
    match: Annotated[str, Is(max_length=512)] | UnsetType = UNSET
    """A line around what was looked for."""


class HistoryPart(Struct, frozen=True, kw_only=True):
    """A recording of the journal that an entry takes its audio from, and where it is cut."""

    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]
    end_ms: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET
    """What follows is left out. Absent: nothing is."""


class HistoryAddParams(Struct, frozen=True, kw_only=True):
    """Text to keep. parts are joined in order and leave the journal with that; none: no audio is
    kept. Where words would make the message too large, leave them out of the segments.
    """

    text: Annotated[str, Is(max_length=2097152)]
    raw_text: Annotated[str, Is(max_length=2097152)] | UnsetType = UNSET
    """What was recognised, where that is not the text."""
    segments: Annotated[tuple[Segment, ...], Is(max_length=65536)] | UnsetType = UNSET
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    engine: EngineId
    duration_ms: Annotated[int, Is(ge=0, le=4294967295)]
    parts: Annotated[tuple[HistoryPart, ...], Is(max_length=64)] | UnsetType = UNSET


class HistoryListParams(Struct, frozen=True, kw_only=True):
    """Which entries, newest first. Absent: all that are not trashed."""

    query: Annotated[str, Is(max_length=256)] | UnsetType = UNSET
    """Words or parts of words that the text must have, in any script."""
    before: EntryId | UnsetType = UNSET
    """Only older ones: the last entry of the page before."""
    limit: Annotated[int, Is(ge=1, le=200)] | UnsetType = UNSET
    """Absent: 50."""
    starred: bool | UnsetType = UNSET
    """Only those that are starred."""
    trashed: bool | UnsetType = UNSET
    """Those that are trashed instead."""


class HistoryListResult(Struct, frozen=True, kw_only=True):
    """A page of entries; total counts all that fit."""

    entries: Annotated[tuple[HistoryEntry, ...], Is(max_length=200)]
    total: Annotated[int, Is(ge=0, le=9007199254740991)]


class HistoryGetParams(Struct, frozen=True, kw_only=True):
    """Which entry."""

    entry: EntryId


class HistoryVersion(Struct, frozen=True, kw_only=True):
    """A text that an entry had."""

    text: Annotated[str, Is(max_length=2097152)]
    created_ms: Annotated[int, Is(ge=0, le=9007199254740991)]
    source: Literal["recognised", "polished", "edited"]
    """What made it."""
    engine: EngineId | UnsetType = UNSET
    """What recognised it."""


class HistoryGetResult(Struct, frozen=True, kw_only=True):
    """All about an entry. segments are those of the last recognition; versions are oldest first."""

    entry: HistoryEntry
    segments: Annotated[tuple[Segment, ...], Is(max_length=65536)]
    versions: Annotated[tuple[HistoryVersion, ...], Is(max_length=1024)]


class HistoryUpdateParams(Struct, frozen=True, kw_only=True):
    """What changes. The text that an entry had stays among its versions."""

    entry: EntryId
    text: Annotated[str, Is(max_length=2097152)] | UnsetType = UNSET
    source: Literal["recognised", "polished", "edited"] | UnsetType = UNSET
    """What made the text. Absent: a person did."""
    starred: bool | UnsetType = UNSET
    trashed: bool | UnsetType = UNSET
    """false restores a deleted entry."""


class HistoryDeleteParams(Struct, frozen=True, kw_only=True):
    """Entries to delete; for_good does not leave them in the trash."""

    entries: Annotated[tuple[EntryId, ...], Is(min_length=1, max_length=1000)]
    for_good: bool | UnsetType = UNSET


class HistoryDeleteResult(Struct, frozen=True, kw_only=True):
    """How many there were."""

    deleted: Annotated[int, Is(ge=0, le=1000)]


class HistoryAudioParams(Struct, frozen=True, kw_only=True):
    """Which piece of an entry's audio, a WAV file."""

    entry: EntryId
    offset: Annotated[int, Is(ge=0, le=9007199254740991)]
    max_bytes: Annotated[int, Is(ge=1, le=4194304)]


class HistoryAudioResult(Struct, frozen=True, kw_only=True):
    """The piece, which is shorter at the end, and the size of the whole."""

    total_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    data: Binary


class HistoryRetranscribeParams(Struct, frozen=True, kw_only=True):
    """Hear an entry's audio again, and how."""

    entry: EntryId
    engine: EngineId | UnsetType = UNSET
    """Absent: the default engine."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    """BCP 47 tag. Absent: the engine finds out."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """Words that are likely to be said."""


class HistoryExportParams(Struct, frozen=True, kw_only=True):
    """Entries to write, in this order, and how: text, JSON with all that is known, or subtitles."""

    entries: Annotated[tuple[EntryId, ...], Is(min_length=1, max_length=1000)]
    format: Literal["txt", "json", "srt", "vtt"]


class HistoryExportResult(Struct, frozen=True, kw_only=True):
    """The content of a file."""

    content: Annotated[str, Is(max_length=2097152)]


class LlmOptimizeParams(Struct, frozen=True, kw_only=True):
    """Text to clean, and who cleans it. The key is held for this call alone and is never written
    anywhere.
    """

    text: Annotated[str, Is(min_length=1, max_length=65536)]
    url: Annotated[str, Is(min_length=1, max_length=512)]
    """Base address of an OpenAI-compatible service; https, or http on this machine."""
    model: Annotated[str, Is(min_length=1, max_length=256)]
    key: Annotated[str, Is(max_length=512)] | UnsetType = UNSET
    """Absent where the service asks for none."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """How names and terms are written."""


class LlmOptimizeResult(Struct, frozen=True, kw_only=True):
    """The clean text. It passed the guard: no sentence, number or name is lost, and nothing was
    answered.
    """

    text: Annotated[str, Is(max_length=131072)]
    first_delta_ms: Annotated[int, Is(ge=0, le=4294967295)] | UnsetType = UNSET
    total_ms: Annotated[int, Is(ge=0, le=4294967295)]


ModelState: TypeAlias = Literal["available", "partial", "installing", "installed", "damaged"]
"""Whether a model is here: not at all, some of its download, on its way in just now, ready to be
used, or installed and not as it was.
"""


class ModelInfo(Struct, frozen=True, kw_only=True):
    """A model that is installed, or can be. Sizes are estimates until it is installed."""

    model: EngineId
    """Its name, and that of its engine once it is installed."""
    name: Annotated[str, Is(min_length=1, max_length=300)]
    """Its name for people."""
    family: Annotated[str, Is(min_length=1, max_length=64)]
    """Which kind of engine runs it."""
    languages: Annotated[tuple[Annotated[str, Is(min_length=2, max_length=35)], ...], Is(max_length=512)]
    """BCP 47 tags; empty where that is not known."""
    licence: Annotated[str, Is(min_length=1, max_length=300)]
    """SPDX identifier."""
    streaming: bool
    """It can be dictated to live."""
    state: ModelState
    download_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    """Size of what is downloaded; 0 where that is not known."""
    here_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    """How much of that is here already."""
    installed_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    """Size on disk."""
    ram_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    """Memory it needs while in use."""
    sources: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=512)], ...], Is(max_length=16)]
    """Where it can be had, the best first; none for a model that was imported."""


class ModelsListParams(Struct, frozen=True, kw_only=True):
    """What to look for. Absent: everything."""

    query: Annotated[str, Is(max_length=256)] | UnsetType = UNSET
    """Words that the model's id or name must have."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    """BCP 47 tag of a language that it must understand."""


class ModelsListResult(Struct, frozen=True, kw_only=True):
    """The catalogue's models in its order, then others that are installed."""

    models: Annotated[tuple[ModelInfo, ...], Is(max_length=1024)]


class ModelsInstallParams(Struct, frozen=True, kw_only=True):
    """Which model, and where from."""

    model: EngineId
    source: Annotated[str, Is(min_length=1, max_length=512)] | UnsetType = UNSET
    """huggingface, hf-mirror, modelscope, hf+https://HOST or modelscope+https://HOST for other hubs
    of those kinds, or the https address of a folder. Absent: the sources that the model lists, one
    after the other.
    """


class ModelsImportParams(Struct, frozen=True, kw_only=True):
    """Where the model is, and what to call it."""

    path: Annotated[str, Is(min_length=1, max_length=4096)]
    """Absolute path of a folder on the sidecar's machine."""
    model: EngineId | UnsetType = UNSET
    """Absent: what it is called, where that can be told."""


class ModelsVerifyParams(Struct, frozen=True, kw_only=True):
    """The model to check."""

    model: EngineId


class ModelsRemoveParams(Struct, frozen=True, kw_only=True):
    """The model to delete."""

    model: EngineId


class ModelsRemoveResult(Struct, frozen=True, kw_only=True):
    """Room that is free again."""

    freed_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]


class StreamOpenParams(Struct, frozen=True, kw_only=True):
    """The audio that will be pushed: mono PCM, signed 16 bits, little endian; and how it is to be
    transcribed.
    """

    format: Literal["pcm_s16le"]
    rate_hz: Annotated[int, Is(ge=8000, le=192000)]
    engine: EngineId | UnsetType = UNSET
    """Absent: the default engine."""
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    """BCP 47 tag. Absent: the engine finds out."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """Words that are likely to be said."""
    mode: Literal["live", "batch"] | UnsetType = UNSET
    """live (also if absent): partials, and text as soon as it is settled. batch: text only as
    segments end, each heard as a whole.
    """
    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")] | UnsetType = UNSET
    """What its recording is called in the journal; it must be new. Absent: a random name."""
    unrecorded: bool | UnsetType = UNSET
    """Keep nothing of it on disk, not even while it runs."""


class StreamOpenResult(Struct, frozen=True, kw_only=True):
    """The dictation: its number, the secret to resume it with, and how much may be sent."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    token: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]
    limit: Annotated[int, Is(ge=0, le=4294967295)]
    """The first seq that may not be pushed yet."""
    max_chunk_bytes: Annotated[int, Is(ge=0, le=4294967295)]
    """Largest chunk at this rate."""
    resume_ms: Annotated[int, Is(ge=0, le=4294967295)]
    """How long the dictation waits after its connection broke."""


class StreamPushParams(Struct, frozen=True, kw_only=True):
    """A chunk; seq counts from 0."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    seq: Annotated[int, Is(ge=0, le=4294967295)]
    data: Binary


class StreamFlushParams(Struct, frozen=True, kw_only=True):
    """The dictation, and how many chunks were pushed so far."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    seq: Annotated[int, Is(ge=0, le=4294967295)]


class StreamFlushResult(Struct, frozen=True, kw_only=True):
    """Nothing."""


class StreamCloseParams(Struct, frozen=True, kw_only=True):
    """The dictation, and how many chunks were pushed in all; keep leaves its audio in the journal,
    for as long as its text is not safe.
    """

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    seq: Annotated[int, Is(ge=0, le=4294967295)]
    keep: bool | UnsetType = UNSET


class StreamCloseResult(Struct, frozen=True, kw_only=True):
    """What the event final said."""

    text: Annotated[str, Is(max_length=2097152)]
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    engine: EngineId
    timings: Timings
    reason: Literal["close", "abort", "error"]
    """As meant, broken off, or after an error that could not be overcome."""
    complete: bool
    """All that was accepted was recognised."""
    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")] | UnsetType = UNSET
    """The name of its audio in the journal, where that is kept."""
    notices: Annotated[tuple[Annotated[str, Is(max_length=512)], ...], Is(max_length=16)]
    """Sentences a person should read."""


class StreamAbortParams(Struct, frozen=True, kw_only=True):
    """The dictation; keep leaves its audio in the journal."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    keep: bool | UnsetType = UNSET


class StreamAbortResult(Struct, frozen=True, kw_only=True):
    """The name of the recording, where it was kept."""

    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")] | UnsetType = UNSET


class StreamResumeParams(Struct, frozen=True, kw_only=True):
    """The secret of asr.stream.open, and the seq of the first event that is to be told again."""

    token: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]
    next_event: Annotated[int, Is(ge=0, le=4294967295)]


class StreamResumeResult(Struct, frozen=True, kw_only=True):
    """Where to go on. text is all that was committed, should events be too old to be told again."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    next_push: Annotated[int, Is(ge=0, le=4294967295)]
    """The seq of the first chunk that did not arrive: push again from there."""
    limit: Annotated[int, Is(ge=0, le=4294967295)]
    """The first seq that may not be pushed yet."""
    text: Annotated[str, Is(max_length=2097152)]


class CreditParams(Struct, frozen=True, kw_only=True):
    """How far a dictation is."""

    stream: Annotated[int, Is(ge=0, le=4294967295)]
    ack: Annotated[int, Is(ge=0, le=4294967295)]
    limit: Annotated[int, Is(ge=0, le=4294967295)]


class JournalListParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class KeptRecording(Struct, frozen=True, kw_only=True):
    """A recording of a dictation. began_s is Unix time; audio_ms is how much of it is safe."""

    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]
    state: Literal["open", "interrupted", "finished"]
    """A dictation that runs; one that did not come to its end; one that did."""
    began_s: Annotated[int, Is(ge=0, le=9007199254740991)]
    audio_ms: Annotated[int, Is(ge=0, le=4294967295)]
    engine: EngineId
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET


class JournalListResult(Struct, frozen=True, kw_only=True):
    """Newest first."""

    recordings: Annotated[tuple[KeptRecording, ...], Is(max_length=4096)]


class JournalRecoverParams(Struct, frozen=True, kw_only=True):
    """Which recording, and how it is to be transcribed. What is absent is as it was for the
    dictation.
    """

    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]
    engine: EngineId | UnsetType = UNSET
    language: Annotated[str, Is(min_length=2, max_length=35)] | UnsetType = UNSET
    """BCP 47 tag."""
    hotwords: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=64)], ...], Is(max_length=256)] | UnsetType = UNSET
    """Words that are likely to be said."""
    levels: bool | UnsetType = UNSET
    """Send level events."""
    align: bool | UnsetType = UNSET
    """Have the installed aligner find word times where the engine gives none. Absent: yes."""


class JournalDiscardParams(Struct, frozen=True, kw_only=True):
    """Which recording."""

    recording: Annotated[str, Is(pattern=r"^[0-9a-f]{32}\Z")]


class JournalDiscardResult(Struct, frozen=True, kw_only=True):
    """Nothing."""


Version: TypeAlias = tuple[Annotated[int, Is(ge=0, le=65535)], Annotated[int, Is(ge=0, le=65535)]]
"""Major and minor version of the protocol."""


class ClientName(Struct, frozen=True, kw_only=True):
    """Who is calling, for logs and bug reports."""

    name: Annotated[str, Is(min_length=1, max_length=64)]
    version: Annotated[str, Is(min_length=1, max_length=32)]


class Limit(Struct, frozen=True, kw_only=True):
    """One published limit."""

    name: Annotated[str, Is(min_length=1, max_length=64)]
    value: Annotated[int, Is(ge=0, le=9007199254740991)]


class HelloParams(Struct, frozen=True, kw_only=True):
    """What the client speaks."""

    proto: Version
    client: ClientName
    schema_hash: Annotated[str, Is(pattern=r"^[0-9a-f]{64}\Z")] | UnsetType = UNSET
    """Of the schema the client was built from; a difference is logged, not refused."""


class HelloResult(Struct, frozen=True, kw_only=True):
    """What the sidecar speaks: the lower of the two minor versions, and its limits."""

    proto: Version
    epoch: Annotated[str, Is(pattern=r"^[0-9a-f]{16}\Z")]
    """Names this run of the sidecar; another epoch knows nothing of this one's requests."""
    pid: Annotated[int, Is(ge=1, le=4294967295)]
    version: Annotated[str, Is(min_length=1, max_length=32)]
    schema_hash: Annotated[str, Is(pattern=r"^[0-9a-f]{64}\Z")]
    role: Literal["owner", "guest"]
    """Only an owner may shut the sidecar down."""
    limits: Annotated[tuple[Limit, ...], Is(max_length=64)]


class PingParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class PingResult(Struct, frozen=True, kw_only=True):
    """How long the sidecar has been up."""

    uptime_ms: Annotated[int, Is(ge=0, le=9007199254740991)]


class InfoParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class EngineCaps(Struct, frozen=True, kw_only=True):
    """What an engine declares it can do."""

    languages: Annotated[tuple[Annotated[str, Is(min_length=1, max_length=35)], ...], Is(max_length=512)]
    """BCP 47 tags; empty means any."""
    word_times: bool
    confidences: bool
    partials: bool
    forced_prefix: bool
    drafts: bool
    hotwords: bool
    max_segment_ms: Annotated[int, Is(ge=1000, le=86400000)]
    notice: Annotated[str, Is(max_length=512)]
    """What a person should know before trusting the engine, or empty."""


class EngineInfo(Struct, frozen=True, kw_only=True):
    """An installed engine. caps is absent until its worker has started once."""

    id: EngineId
    state: EngineState
    caps: EngineCaps | UnsetType = UNSET


class InfoResult(Struct, frozen=True, kw_only=True):
    """What this sidecar is."""

    version: Annotated[str, Is(min_length=1, max_length=32)]
    python: Annotated[str, Is(min_length=1, max_length=32)]
    platform: Annotated[str, Is(min_length=1, max_length=128)]
    default_engine: EngineId
    engines: Annotated[tuple[EngineInfo, ...], Is(max_length=64)]


class DiagParams(Struct, frozen=True, kw_only=True):
    """Nothing."""


class WorkerDiag(Struct, frozen=True, kw_only=True):
    """One engine worker process."""

    engine: EngineId
    state: EngineState
    pid: Annotated[int, Is(ge=1, le=4294967295)] | UnsetType = UNSET
    rss_bytes: Annotated[int, Is(ge=0, le=9007199254740991)] | UnsetType = UNSET
    requests: Annotated[int, Is(ge=0, le=9007199254740991)]
    restarts: Annotated[int, Is(ge=0, le=9007199254740991)]


class DiagResult(Struct, frozen=True, kw_only=True):
    """Counters since the start."""

    uptime_ms: Annotated[int, Is(ge=0, le=9007199254740991)]
    rss_bytes: Annotated[int, Is(ge=0, le=9007199254740991)]
    threads: Annotated[int, Is(ge=1, le=65535)]
    fds: Annotated[int, Is(ge=0, le=1048576)] | UnsetType = UNSET
    """Open files; absent where the system does not tell."""
    clients: Annotated[int, Is(ge=0, le=65535)]
    pending: Annotated[int, Is(ge=0, le=65535)]
    uploads: Annotated[int, Is(ge=0, le=65535)]
    requests: Annotated[int, Is(ge=0, le=9007199254740991)]
    bad_frames: Annotated[int, Is(ge=0, le=9007199254740991)]
    dropped_clients: Annotated[int, Is(ge=0, le=9007199254740991)]
    streams: Annotated[int, Is(ge=0, le=65535)] | UnsetType = UNSET
    """Dictations that have not ended; absent before 1.1."""
    ignored_pushes: Annotated[int, Is(ge=0, le=9007199254740991)] | UnsetType = UNSET
    """Chunks that were for no open dictation of their sender; absent before 1.1."""
    workers: Annotated[tuple[WorkerDiag, ...], Is(max_length=64)]


class ShutdownParams(Struct, frozen=True, kw_only=True):
    """How long running requests may take to finish before they are cancelled."""

    drain_ms: Annotated[int, Is(ge=0, le=60000)]


class ShutdownResult(Struct, frozen=True, kw_only=True):
    """Nothing: the sidecar is on its way out."""


class Method(Struct, frozen=True, kw_only=True):
    """A request the sidecar answers. `who` may call it: any client, or only an owner."""

    since: int
    who: Literal["any", "owner"]
    tmo_ms: int
    params: type[Struct]
    result: type[Struct]
    events: tuple[str, ...]


class Notice(Struct, frozen=True, kw_only=True):
    """A notification, and the end that sends it."""

    source: Literal["client", "sidecar"]
    params: type[Struct]


class EventSpec(Struct, frozen=True, kw_only=True):
    """An event. How it is delivered: see docs/protocol.md."""

    delivery: Literal["must", "latest", "append"]
    data: type[Struct]


class ErrorSpec(Struct, frozen=True, kw_only=True):
    """A kind of error."""

    code: int
    retryable: bool


METHODS: Final[Mapping[str, Method]] = {
    "sys.hello": Method(
        since=0, who="any", tmo_ms=5000,
        params=HelloParams, result=HelloResult, events=(),
    ),
    "sys.ping": Method(
        since=0, who="any", tmo_ms=2000,
        params=PingParams, result=PingResult, events=(),
    ),
    "sys.info": Method(
        since=0, who="any", tmo_ms=5000,
        params=InfoParams, result=InfoResult, events=(),
    ),
    "sys.diag": Method(
        since=0, who="any", tmo_ms=5000,
        params=DiagParams, result=DiagResult, events=(),
    ),
    "sys.shutdown": Method(
        since=0, who="owner", tmo_ms=10000,
        params=ShutdownParams, result=ShutdownResult, events=(),
    ),
    "audio.open": Method(
        since=0, who="any", tmo_ms=5000,
        params=AudioOpenParams, result=AudioOpenResult, events=(),
    ),
    "audio.put": Method(
        since=0, who="any", tmo_ms=30000,
        params=AudioPutParams, result=AudioPutResult, events=(),
    ),
    "audio.drop": Method(
        since=0, who="any", tmo_ms=5000,
        params=AudioDropParams, result=AudioDropResult, events=(),
    ),
    "audio.folder": Method(
        since=0, who="any", tmo_ms=5000,
        params=AudioFolderParams, result=AudioFolderResult, events=(),
    ),
    "asr.transcribe": Method(
        since=0, who="any", tmo_ms=600000,
        params=TranscribeParams, result=TranscribeResult, events=("progress","level","segment",),
    ),
    "asr.stream.open": Method(
        since=1, who="any", tmo_ms=10000,
        params=StreamOpenParams, result=StreamOpenResult, events=(),
    ),
    "asr.stream.flush": Method(
        since=1, who="any", tmo_ms=60000,
        params=StreamFlushParams, result=StreamFlushResult, events=(),
    ),
    "asr.stream.close": Method(
        since=1, who="any", tmo_ms=600000,
        params=StreamCloseParams, result=StreamCloseResult, events=(),
    ),
    "asr.stream.abort": Method(
        since=1, who="any", tmo_ms=10000,
        params=StreamAbortParams, result=StreamAbortResult, events=(),
    ),
    "asr.stream.resume": Method(
        since=1, who="any", tmo_ms=5000,
        params=StreamResumeParams, result=StreamResumeResult, events=(),
    ),
    "journal.list": Method(
        since=1, who="any", tmo_ms=5000,
        params=JournalListParams, result=JournalListResult, events=(),
    ),
    "journal.recover": Method(
        since=1, who="any", tmo_ms=600000,
        params=JournalRecoverParams, result=TranscribeResult, events=("progress","level","segment",),
    ),
    "journal.discard": Method(
        since=1, who="any", tmo_ms=5000,
        params=JournalDiscardParams, result=JournalDiscardResult, events=(),
    ),
    "models.list": Method(
        since=2, who="any", tmo_ms=5000,
        params=ModelsListParams, result=ModelsListResult, events=(),
    ),
    "models.install": Method(
        since=2, who="owner", tmo_ms=86400000,
        params=ModelsInstallParams, result=ModelInfo, events=("model_progress",),
    ),
    "models.import": Method(
        since=2, who="owner", tmo_ms=86400000,
        params=ModelsImportParams, result=ModelInfo, events=("model_progress",),
    ),
    "models.verify": Method(
        since=2, who="any", tmo_ms=600000,
        params=ModelsVerifyParams, result=ModelInfo, events=("model_progress",),
    ),
    "models.remove": Method(
        since=2, who="owner", tmo_ms=60000,
        params=ModelsRemoveParams, result=ModelsRemoveResult, events=(),
    ),
    "history.add": Method(
        since=3, who="any", tmo_ms=30000,
        params=HistoryAddParams, result=HistoryEntry, events=(),
    ),
    "history.list": Method(
        since=3, who="any", tmo_ms=5000,
        params=HistoryListParams, result=HistoryListResult, events=(),
    ),
    "history.get": Method(
        since=3, who="any", tmo_ms=5000,
        params=HistoryGetParams, result=HistoryGetResult, events=(),
    ),
    "history.update": Method(
        since=3, who="any", tmo_ms=5000,
        params=HistoryUpdateParams, result=HistoryEntry, events=(),
    ),
    "history.delete": Method(
        since=3, who="any", tmo_ms=10000,
        params=HistoryDeleteParams, result=HistoryDeleteResult, events=(),
    ),
    "history.audio": Method(
        since=3, who="any", tmo_ms=10000,
        params=HistoryAudioParams, result=HistoryAudioResult, events=(),
    ),
    "history.retranscribe": Method(
        since=3, who="any", tmo_ms=600000,
        params=HistoryRetranscribeParams, result=HistoryEntry, events=("progress","segment",),
    ),
    "history.export": Method(
        since=3, who="any", tmo_ms=30000,
        params=HistoryExportParams, result=HistoryExportResult, events=(),
    ),
    "config.get": Method(
        since=3, who="any", tmo_ms=5000,
        params=ConfigGetParams, result=Preferences, events=(),
    ),
    "config.set": Method(
        since=3, who="owner", tmo_ms=5000,
        params=ConfigSetParams, result=Preferences, events=(),
    ),
    "llm.optimize": Method(
        since=3, who="any", tmo_ms=60000,
        params=LlmOptimizeParams, result=LlmOptimizeResult, events=("delta",),
    ),
}
NOTIFICATIONS: Final[Mapping[str, Notice]] = {
    "$/cancel": Notice(source="client", params=CancelParams),
    "asr.stream.push": Notice(source="client", params=StreamPushParams),
    "$/event": Notice(source="sidecar", params=EventParams),
    "$/credit": Notice(source="sidecar", params=CreditParams),
    "$/state": Notice(source="sidecar", params=StateParams),
    "$/changed": Notice(source="sidecar", params=ChangedParams),
}
EVENTS: Final[Mapping[str, EventSpec]] = {
    "progress": EventSpec(delivery="latest", data=ProgressEvent),
    "level": EventSpec(delivery="append", data=LevelEvent),
    "segment": EventSpec(delivery="must", data=SegmentEvent),
    "speech": EventSpec(delivery="must", data=SpeechEvent),
    "partial": EventSpec(delivery="latest", data=PartialEvent),
    "commit": EventSpec(delivery="must", data=CommitEvent),
    "segment_final": EventSpec(delivery="must", data=SegmentFinalEvent),
    "flushed": EventSpec(delivery="must", data=FlushedEvent),
    "status": EventSpec(delivery="latest", data=StatusEvent),
    "error": EventSpec(delivery="must", data=ErrorEvent),
    "final": EventSpec(delivery="must", data=FinalEvent),
    "model_progress": EventSpec(delivery="latest", data=ModelProgressEvent),
    "delta": EventSpec(delivery="append", data=DeltaEvent),
}
ERRORS: Final[Mapping[str, ErrorSpec]] = {
    "PARSE": ErrorSpec(code=-32700, retryable=False),
    "INVALID_REQUEST": ErrorSpec(code=-32600, retryable=False),
    "NO_METHOD": ErrorSpec(code=-32601, retryable=False),
    "INVALID_PARAMS": ErrorSpec(code=-32602, retryable=False),
    "INTERNAL": ErrorSpec(code=-32603, retryable=False),
    "CANCELLED": ErrorSpec(code=-32800, retryable=False),
    "DEADLINE": ErrorSpec(code=-32801, retryable=True),
    "NOT_READY": ErrorSpec(code=-32002, retryable=True),
    "VERSION": ErrorSpec(code=-32003, retryable=False),
    "UNAUTHORIZED": ErrorSpec(code=-32004, retryable=False),
    "BUSY": ErrorSpec(code=1001, retryable=True),
    "TOO_LARGE": ErrorSpec(code=1002, retryable=False),
    "OVERRUN": ErrorSpec(code=1003, retryable=False),
    "GAP": ErrorSpec(code=1004, retryable=False),
    "NO_SESSION": ErrorSpec(code=1005, retryable=False),
    "SIDECAR_RESTARTED": ErrorSpec(code=1006, retryable=True),
    "MODEL_MISSING": ErrorSpec(code=1101, retryable=False),
    "MODEL_CORRUPT": ErrorSpec(code=1102, retryable=False),
    "LOAD_FAILED": ErrorSpec(code=1103, retryable=False),
    "OUT_OF_MEMORY": ErrorSpec(code=1104, retryable=True),
    "WORKER_CRASHED": ErrorSpec(code=1201, retryable=True),
    "WORKER_HUNG": ErrorSpec(code=1202, retryable=True),
    "QUARANTINED": ErrorSpec(code=1203, retryable=True),
    "DOWNLOAD_NET": ErrorSpec(code=1301, retryable=True),
    "CHECKSUM": ErrorSpec(code=1302, retryable=False),
    "DISK_FULL": ErrorSpec(code=1303, retryable=True),
    "LICENSE": ErrorSpec(code=1304, retryable=False),
    "HISTORY_DAMAGED": ErrorSpec(code=1305, retryable=True),
    "LLM_AUTH": ErrorSpec(code=1401, retryable=False),
    "LLM_RATE": ErrorSpec(code=1402, retryable=True),
    "LLM_TIMEOUT": ErrorSpec(code=1403, retryable=True),
    "LLM_REFUSED": ErrorSpec(code=1404, retryable=False),
    "LLM_BAD_OUTPUT": ErrorSpec(code=1405, retryable=True),
    "BAD_AUDIO": ErrorSpec(code=1501, retryable=False),
}
