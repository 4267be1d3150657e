"""What a file is, told by its first bytes. A file's name is never asked.

FFmpeg is only ever told which format to read. Left to guess, it would take a text file
for a playlist and open what the text names, on this machine or on the network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import BinaryIO

from sidecar.errors import BadAudioError

HEAD_BYTES = 16


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
AAC = Kind("aac")
MOV = Kind("mov")

# (offset, bytes there, kind); "RIFF" and "FORM" are told apart by what follows the size.
_MAGIC = (
    (8, b"WAVE", WAV),
    (8, b"AIF", Kind("aiff", sndfile=True)),
    (8, b"AVI ", Kind("avi")),
    (0, b".snd", Kind("au", sndfile=True)),
    (0, b"caff", Kind("caf", sndfile=True)),
    (0, b"riff\x2e\x91\xcf\x11", Kind("w64", sndfile=True)),
    (0, b"fLaC", Kind("flac", sndfile=True)),
    (0, b"OggS", Kind("ogg", sndfile=True)),
    (0, b"\x1a\x45\xdf\xa3", Kind("matroska")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind("asf")),
    (0, b"FLV\x01", Kind("flv")),
    (0, b"#!AMR", Kind("amr")),
    (0, b"wvpk", Kind("wv")),
    (0, b"\x00\x00\x01\xba", Kind("mpeg")),
    *((4, atom, MOV) for atom in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),
)


def identify(file: BinaryIO) -> Kind:
    """Tell what `file` is and leave it at its start.

    Raises:
        BadAudioError: "empty" or "not_audio".
    """
    kind = _kind_at(file, 0)
    if kind is WAV and _data_size_is_wrong(file):
        kind = replace(WAV, sndfile=False, size_unknown=True)
    file.seek(0)
    return kind


def _kind_at(file: BinaryIO, start: int) -> Kind:
    file.seek(start)
    head = file.read(HEAD_BYTES)
    if not head:
        raise BadAudioError("The file is empty. Record or choose another one.", detail="empty")
    if head.startswith(b"ID3") and len(head) >= 10:
        return _kind_at(file, start + 10 + _syncsafe(head[6:10]))
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0:
        return AAC if head[1] & 0x06 == 0 else MP3
    raise BadAudioError(
        "This is not a sound file we know. Try WAV, FLAC, OGG, MP3, WebM or M4A.",
        detail="not_audio",
    )


def _syncsafe(size: bytes) -> int:
    """The length of an ID3 tag: four bytes of seven bits each."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True))


def _data_size_is_wrong(file: BinaryIO) -> bool:
    """Whether a WAV's `data` chunk is said to end where no other chunk begins.

    Writers that stream put the size in last; what they leave when they are cut off is 0,
    0xFFFFFFFF or the size of their first block. libsndfile would believe a small one.
    """
    end = file.seek(0, 2)
    at = 12
    while at + 8 <= end:
        file.seek(at)
        header = file.read(8)
        size = int.from_bytes(header[4:], "little")
        following = at + 8 + size + size % 2
        if header[:4] == b"data":
            return following + 8 <= end and not _is_chunk(file, following, end)
        at = following
    return False


def _is_chunk(file: BinaryIO, at: int, end: int) -> bool:
    file.seek(at)
    header = file.read(8)
    size = int.from_bytes(header[4:], "little")
    return header[:4].isascii() and header[:4].decode().isprintable() and at + 8 + size <= end
