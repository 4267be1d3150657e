"""Speech with known word times from three synthesizers of Debian.

espeak-ng and flite are called in this process through ctypes (more than 80 times faster
than real time); festival runs once for many lines. Each says where every word starts:
espeak-ng by word events (`espeak-ng/speak_lib.h`), the two others by the segments below
each item of the `Word` relation (Black and Taylor, the Festival system, 1997).
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import soundfile
import soxr

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from tests.tiny.texts import Line
    from tests.tiny.voices import Voice

RATE_HZ: Final = 16_000
SILENT: Final = 0.004  # amplitude below which the end of a clip counts as silence


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it is heard, in seconds from the start of the clip."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line as one voice says it: mono 16 kHz float32 samples and the times of its words."""

    samples: npt.NDArray[np.float32]
    words: tuple[Word, ...]
    line: Line
    voice: Voice


class SynthesisError(RuntimeError):
    """A synthesizer is missing, or the words it reports are not those of the text."""


def say(line: Line, voice: Voice, rng: random.Random) -> Spoken:
    """Speak one line at a random speed and pitch.

    Raises:
        SynthesisError: the synthesizer did not report a time for each word.
    """
    if voice.synthesizer == "festival":
        return next(iter(say_with_festival([line], voice, rng)))
    speak = _say_with_espeak if voice.synthesizer == "espeak" else _say_with_flite
    return speak(line, voice, rng)


# --- espeak-ng --------------------------------------------------------------------------

_WORD_EVENT: Final = 1
_UTF8_TEXT: Final = 1
_BY_CHARACTER: Final = 1
_WAIT_FOR_AUDIO: Final = 2
_SPEED, _PITCH, _RANGE = 1, 3, 4


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Espeak:
    """libespeak-ng, whose state is global to the process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate_hz = self._library.espeak_Initialize(_WAIT_FOR_AUDIO, 0, None, 0)
        self._callback = _Callback(self._receive)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)
        self._audio: list[npt.NDArray[np.int16]] = []
        self._starts: list[tuple[int, int]] = []

    def speak(
        self, text: str, voice: str, *, speed: int, pitch: int, pitch_range: int
    ) -> tuple[npt.NDArray[np.float32], list[tuple[int, float]]]:
        """Samples at 16 kHz, and (position in the text, seconds) for each word heard."""
        self._audio, self._starts = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise SynthesisError(f"espeak-ng has no voice {voice}")
        for parameter, value in ((_SPEED, speed), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(
            encoded, len(encoded), 0, _BY_CHARACTER, 0, _UTF8_TEXT, None, None
        )
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._audio).astype(np.float32) / np.float32(32_768)
        starts = [(position - 1, at / self._rate_hz) for position, at in self._starts if position]
        return _resampled(samples, self._rate_hz), starts

    def _receive(self, samples: Any, n_samples: int, events: Any) -> int:
        if n_samples > 0:
            self._audio.append(np.ctypeslib.as_array(samples, shape=(n_samples,)).copy())
        at = 0
        while events[at].type:
            if events[at].type == _WORD_EVENT:
                self._starts.append((events[at].text_position, events[at].sample))
            at += 1
        return 0


@cache
def _espeak() -> _Espeak:
    return _Espeak()


def _say_with_espeak(line: Line, voice: Voice, rng: random.Random) -> Spoken:
    samples, starts = _espeak().speak(
        line.text,
        voice.name,
        speed=rng.randint(120, 210),
        pitch=rng.randint(25, 75),
        pitch_range=rng.randint(20, 80),
    )
    return Spoken(
        samples, _words_from_starts(line.text, starts, _sound_end_s(samples)), line, voice
    )


def _words_from_starts(
    text: str, starts: Sequence[tuple[int, float]], end_s: float
) -> tuple[Word, ...]:
    """Words from where each starts; words that share one event ("on the") share its time."""
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    heard = dict(reversed(starts))  # the first event of each position
    times = [heard.get(begin) for begin, _ in spans]
    if times[0] is None:
        raise SynthesisError(f"no time for the first word of {text!r}")
    known = [at for at, time in enumerate(times) if time is not None]
    places = np.interp(
        range(len(spans) + 1), [*known, len(spans)], [*(times[at] or 0.0 for at in known), end_s]
    )
    return tuple(
        Word(text[slice(*span)], float(places[at]), float(places[at + 1]))
        for at, span in enumerate(spans)
    )


def _sound_end_s(samples: npt.NDArray[np.float32]) -> float:
    return float(np.flatnonzero(np.abs(samples) > SILENT)[-1] + 1) / RATE_HZ


# --- flite ------------------------------------------------------------------------------

_START: Final = "R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_END: Final = "R:SylStructure.daughtern.daughtern.R:Segment.end"


class _FliteVoice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


class _Relation(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("features", ctypes.c_void_p),
        ("utterance", ctypes.c_void_p),
        ("head", ctypes.c_void_p),
    )


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("rate_hz", ctypes.c_int),
        ("n_samples", ctypes.c_int),
        ("n_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Flite:
    """libflite and its voices."""

    def __init__(self) -> None:
        self._library = _shared_library("libflite.so.1")
        _shared_library("libflite_usenglish.so.1")
        _shared_library("libflite_cmulex.so.1")
        self._declare()
        self._library.flite_init()

    def _declare(self) -> None:
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        declarations: dict[str, tuple[Any, list[Any]]] = {
            "flite_synth_text": (pointer, [text, ctypes.POINTER(_FliteVoice)]),
            "utt_wave": (ctypes.POINTER(_Wave), [pointer]),
            "utt_relation": (ctypes.POINTER(_Relation), [pointer, text]),
            "item_next": (pointer, [pointer]),
            "ffeature_float": (ctypes.c_float, [pointer, text]),
            "feat_set_float": (None, [pointer, text, ctypes.c_float]),
            "delete_utterance": (None, [pointer]),
        }
        for name, (result, arguments) in declarations.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments

    @cache  # noqa: B019 (one object in a process)
    def _voice(self, name: str) -> Any:
        register = getattr(
            _shared_library(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}"
        )
        register.restype = ctypes.POINTER(_FliteVoice)
        return register(None)

    def speak(
        self, text: str, name: str, *, stretch: float, f0_shift: float
    ) -> tuple[npt.NDArray[np.float32], list[tuple[float, float]]]:
        """Samples at 16 kHz, and (start, end) in seconds of each word."""
        voice = self._voice(name)
        for feature, value in ((b"duration_stretch", stretch), (b"f0_shift", f0_shift)):
            self._library.feat_set_float(voice.contents.features, feature, value)
        utterance = self._library.flite_synth_text(text.encode(), voice)
        wave = self._library.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, shape=(wave.n_samples,))
        resampled = _resampled(samples.astype(np.float32) / np.float32(32_768), wave.rate_hz)
        times = list(self._word_times(utterance))
        self._library.delete_utterance(utterance)  # from here on `wave` points nowhere
        return resampled, times

    def _word_times(self, utterance: int) -> Iterator[tuple[float, float]]:
        item = self._library.utt_relation(utterance, b"Word").contents.head
        while item:
            start_s = self._library.ffeature_float(item, _START.encode())
            yield start_s, self._library.ffeature_float(item, _END.encode())
            item = self._library.item_next(item)


def _shared_library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)


@cache
def _flite() -> _Flite:
    return _Flite()


def _say_with_flite(line: Line, voice: Voice, rng: random.Random) -> Spoken:
    samples, times = _flite().speak(
        line.text, voice.name, stretch=rng.uniform(0.85, 1.25), f0_shift=rng.uniform(0.85, 1.2)
    )
    return Spoken(samples, _words_from_times(line.text, times), line, voice)


def _words_from_times(text: str, times: Sequence[tuple[float, float]]) -> tuple[Word, ...]:
    words = text.split()
    if len(words) != len(times):
        raise SynthesisError(f"{len(times)} times for the {len(words)} words of {text!r}")
    return tuple(Word(word, *time) for word, time in zip(words, times, strict=True))


# --- festival ---------------------------------------------------------------------------

_FESTIVAL_SAY: Final = """
(define (say text file stretch)
  (Parameter.set 'Duration_Stretch stretch)
  (let ((u (utt.synth (eval (list 'Utterance 'Text text)))))
    (utt.save.wave u file 'riff)
    (mapcar
      (lambda (w) (format t "%f %f " (item.feat w "START") (item.feat w "END")))
      (utt.relation.items u 'Word))
    (format t "\\n")))
""".replace("START", _START).replace("END", _END)


def say_with_festival(lines: Sequence[Line], voice: Voice, rng: random.Random) -> Iterator[Spoken]:
    """Speak many lines with one run of festival; lines whose words it splits are left out."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{at}.wav") for at in range(len(lines))]
        calls = [
            f'(say "{line.text}" "{file}" {rng.uniform(0.9, 1.3):.2f})'
            for line, file in zip(lines, files, strict=True)
        ]
        script = Path(folder, "say.scm")
        script.write_text("\n".join((_FESTIVAL_SAY, f"(voice_{voice.name})", *calls)))
        command = ("festival", "-b", str(script))
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for line, file, times in zip(lines, files, printed.splitlines(), strict=True):
            pairs = [float(number) for number in times.split()]
            if len(pairs) == 2 * len(line.text.split()):
                samples, rate_hz = soundfile.read(file, dtype="float32")
                words = _words_from_times(
                    line.text, list(zip(pairs[::2], pairs[1::2], strict=True))
                )
                yield Spoken(_resampled(samples, rate_hz), words, line, voice)


def _resampled(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float32]:
    if rate_hz == RATE_HZ:
        return samples
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float32)
