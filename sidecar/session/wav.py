"""The header of a WAV file that is still being written: right whenever its writer dies.

It begins by saying "as long as the file is" (every length 0xFFFFFFFF), which players and our
own reader take for just that. Once the length is known it says so; from 4 GiB on as RF64, for
which room is kept from the start (EBU Tech 3306, https://tech.ebu.ch/docs/tech/tech3306.pdf).
"""

from __future__ import annotations

import struct

HEADER_BYTES = 80
SAMPLE_BYTES = 2  # mono, signed, little endian
UNKNOWN = 0xFFFFFFFF

_FORM = struct.Struct("<4sI4s")  # RIFF or RF64, what follows, WAVE
_DS64 = struct.Struct("<4sIQQQI")  # the same lengths in 64 bits; JUNK while they are not needed
_FORMAT = struct.Struct("<4sIHHIIHH")
_DATA = struct.Struct("<4sI")


def header(rate_hz: int, pcm_bytes: int | None) -> bytes:
    """What stands before the samples; `HEADER_BYTES` long. `pcm_bytes` None: nobody knows yet.

    >>> rate_of(header(44_100, None))
    44100
    """
    if pcm_bytes is None:
        return _joined(rate_hz, UNKNOWN, UNKNOWN)
    all_bytes = HEADER_BYTES - 8 + pcm_bytes
    if all_bytes < UNKNOWN:
        return _joined(rate_hz, all_bytes, pcm_bytes)
    lengths = _DS64.pack(b"ds64", 28, all_bytes, pcm_bytes, pcm_bytes // SAMPLE_BYTES, 0)
    return _joined(rate_hz, UNKNOWN, UNKNOWN, b"RF64", lengths)


def rate_of(head: bytes) -> int | None:
    """The sample rate of a file that `header` began, or None if it did not.

    >>> rate_of(header(16_000, 32)), rate_of(b"RIFF")
    (16000, None)
    """
    if len(head) < HEADER_BYTES:
        return None
    rate_hz = int(_FORMAT.unpack_from(head, _FORM.size + _DS64.size)[4])
    ours = head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE" and rate_hz > 0
    return rate_hz if ours and _format(rate_hz) == head[48:72] and head[72:76] == b"data" else None


def _joined(
    rate_hz: int, all_bytes: int, pcm_bytes: int, form: bytes = b"RIFF", lengths: bytes = b""
) -> bytes:
    return b"".join(
        (
            _FORM.pack(form, all_bytes, b"WAVE"),
            lengths or _DS64.pack(b"JUNK", 28, 0, 0, 0, 0),
            _format(rate_hz),
            _DATA.pack(b"data", pcm_bytes),
        )
    )


def _format(rate_hz: int) -> bytes:
    bytes_per_s = rate_hz * SAMPLE_BYTES
    return _FORMAT.pack(b"fmt ", 16, 1, 1, rate_hz, bytes_per_s % 2**32, SAMPLE_BYTES, 16)
