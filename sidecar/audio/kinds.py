"""What a file is, told by its first bytes. A file's name is never asked.

FFmpeg is only ever told which format to read. Left to guess, it would take a text file
for a playlist and open what the text names, on this machine or on the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import BinaryIO

from sidecar.errors import BadAudioError

HEAD_BYTES = 16
MAX_TAGS = 4  # a file could be made of nothing else ...
MAX_CHUNKS = 1_000  # ... or of empty chunks
UNKNOWN_BYTES = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Kind:
    """A container format.

    Attributes:
        demuxer: FFmpeg's name for it.
        sndfile: libsndfile reads its usual codecs (and starts 80 ms sooner than FFmpeg).
        size_unknown: the header of this very file is wrong about its length.
    """

    demuxer: str
    sndfile: bool = False
    size_unknown: bool = False


WAV = Kind("wav", sndfile=True)
# libsndfile reads MP3 too, but prints to stderr about every damaged frame.
MP3 = Kind("mp3")
_KINDS = (
    (rb"(RIFF|RF64|BW64).{4}WAVE", WAV),
    (rb"RIFF.{4}AVI ", Kind("avi")),
    (rb"FORM.{4}AIF[FC]", Kind("aiff", sndfile=True)),
    (rb"\.snd", Kind("au", sndfile=True)),
    (rb"caff", Kind("caf", sndfile=True)),
    (rb"riff\x2e\x91\xcf\x11", Kind("w64", sndfile=True)),
    (rb"fLaC", Kind("flac", sndfile=True)),
    (rb"OggS", Kind("ogg", sndfile=True)),
    (rb"\x1a\x45\xdf\xa3", Kind("matroska")),
    (rb".{4}(ftyp|moov|mdat|wide|free|skip)", Kind("mov")),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("asf")),
    (rb"FLV\x01", Kind("flv")),
    (rb"#!AMR", Kind("amr")),
    (rb"wvpk", Kind("wv")),
    (rb"\x00\x00\x01\xba", Kind("mpeg")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", Kind("aac")),
    (rb"\xff[\xe2-\xff]", MP3),
)
_PRINTABLE = re.compile(rb"[ -~]{4}")
_PATTERNS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in _KINDS]


def identify(file: BinaryIO) -> Kind:
    """Tell what `file` is and leave it at its start.

    Raises:
        BadAudioError: "empty" or "not_audio".
    """
    tags_end = _after_id3(file)
    file.seek(tags_end)
    head = file.read(HEAD_BYTES)
    kind = next((kind for pattern, kind in _PATTERNS if pattern.match(head)), None)
    if kind is None and tags_end:
        kind = MP3  # with something between the tag and the first frame
    if kind is None:
        raise _unknown(head)
    if kind is WAV and _data_size_is_wrong(file):
        kind = replace(WAV, sndfile=False, size_unknown=True)
    file.seek(0)
    return kind


def _unknown(head: bytes) -> BadAudioError:
    if not head:
        return BadAudioError("The file is empty. Record or choose another one.", detail="empty")
    return BadAudioError(
        "This is not a sound file we know. If it is packed or encrypted, unpack it first; "
        "else try WAV, FLAC, OGG, MP3, WebM or M4A.",
        detail="not_audio",
    )


def _after_id3(file: BinaryIO) -> int:
    """Where the sound begins: MP3, AAC and FLAC files may start with tags."""
    at = 0
    for _ in range(MAX_TAGS):
        file.seek(at)
        head = file.read(10)
        if not head.startswith(b"ID3"):
            break
        at += 10 + _syncsafe(head[6:])
    return at


def _syncsafe(size: bytes) -> int:
    """The length of an ID3 tag: four bytes of seven bits each."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=False))


def _data_size_is_wrong(file: BinaryIO) -> bool:
    """Whether a WAV's `data` chunk is said to end where no other chunk begins.

    Writers that stream put the size in last; what they leave when they are cut off is 0,
    0xFFFFFFFF or the size of their first block. libsndfile believes a size that is less
    than the file has; what is more it takes for the rest of the file.
    """
    end = file.seek(0, 2)
    at = 12
    for _ in range(MAX_CHUNKS):
        name, following = _chunk(file, at)
        if name == b"data":
            if following - at > UNKNOWN_BYTES:
                return following < end
            after, after_ends = _chunk(file, following)
            return len(after) == 4 and (not _PRINTABLE.match(after) or after_ends > end + 1)
        if not name:
            break
        at = following
    raise BadAudioError(
        "The recording is cut off before any sound. Record or export it again.", detail="damaged"
    )


def _chunk(file: BinaryIO, at: int) -> tuple[bytes, int]:
    """The name of the RIFF chunk at `at`, empty past the end, and where the next one is."""
    file.seek(at)
    header = file.read(8)
    size = int.from_bytes(header[4:], "little")
    return (header[:4] if len(header) == 8 else b""), at + 8 + size + size % 2
