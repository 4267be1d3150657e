from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from sidecar.domain import SAMPLE_RATE_HZ, Samples, SpeechEdge
from sidecar.session.following import Ended, Followed, Follower
from sidecar.session.hearing import SILENCE, Mark, Sound
from sidecar.session.shelf import Shelf
from sidecar.vad.base import FRAME_MS, FRAME_SAMPLES
from sidecar.vad.endpointer import EndpointerOptions
from tests.process.dictations import hush, talk


def follower(options: EndpointerOptions | None = None) -> Follower:
    return Follower(options or EndpointerOptions(), Shelf())


def sound(samples: Samples, mark: Mark | None = None, loud: float = 0.95) -> Sound:
    """Samples of which a detector takes all that is not zero for speech."""
    whole = len(samples) - len(samples) % FRAME_SAMPLES
    frames = samples[:whole].reshape(-1, FRAME_SAMPLES)
    speech = np.where(np.abs(frames).max(axis=1) > 0, loud, 0.02).astype(np.float32)
    tail = samples[whole:] if mark else SILENCE
    return Sound(1, samples[:whole], speech, None, mark, tail)


def frames(n: int, seed: int = 0) -> Samples:
    """So many frames of speech."""
    return talk(n * FRAME_MS / 1000 + 0.001, seed)[: n * FRAME_SAMPLES]


def silent(n: int) -> Samples:
    return np.zeros(n * FRAME_SAMPLES, np.float32)


def ended(told: list[Followed]) -> list[Ended]:
    return [event for event in told if isinstance(event, Ended)]


def edges(told: list[Followed]) -> list[tuple[str, float]]:
    return [(e.edge, round(e.at_s, 3)) for e in told if isinstance(e, SpeechEdge)]


def test_a_segment_has_its_edges_its_samples_and_its_voice() -> None:
    samples = np.concatenate((silent(30), frames(40), silent(40)))
    speech = follower()

    told = speech.hear(sound(samples))

    (segment,) = ended(told)
    np.testing.assert_array_equal(segment.take(), samples[segment.start : segment.end])
    assert segment.voiced_s == pytest.approx(40 * 0.032)
    assert not segment.continues
    assert segment.trigger == "pause"
    assert edges(told) == [
        ("start", round(segment.start_s, 3)),
        ("end", round(segment.end_s, 3)),
    ]


def test_speech_begins_when_it_is_sure_to_be_speech() -> None:
    speech = follower()

    click = speech.hear(sound(np.concatenate((silent(20), frames(3), silent(30)))))
    word = speech.hear(sound(frames(10)))

    assert click == []
    assert [edge for edge, _ in edges(word)] == ["start"]
    assert speech.open is not None


@pytest.mark.parametrize("mark", list(Mark))
def test_a_mark_ends_a_segment_with_the_last_sample_before_it(mark: Mark) -> None:
    samples = frames(31)[: 30 * FRAME_SAMPLES + 77]
    speech = follower()

    (segment,) = ended(speech.hear(sound(samples, mark)))

    np.testing.assert_array_equal(segment.take(), samples)
    assert segment.trigger == {Mark.FLUSH: "flush", Mark.CLOSE: "close"}[mark]
    assert segment.end_s == len(samples) / SAMPLE_RATE_HZ


def test_what_follows_a_flush_begins_after_its_last_sample() -> None:
    samples = frames(60)
    at = 30 * FRAME_SAMPLES + 77
    speech = follower()

    told = speech.hear(sound(samples[:at], Mark.FLUSH))
    told += speech.hear(sound(samples[30 * FRAME_SAMPLES :]))
    assert speech.open is not None
    shown = speech.open.samples
    told += speech.hear(sound(SILENCE, Mark.CLOSE))

    first, second = ended(told)
    assert (first.end, second.start) == (at, at)
    assert second.continues
    taken = second.take()
    np.testing.assert_array_equal(taken, samples[at:])
    np.testing.assert_array_equal(shown, taken[: len(shown)])
    assert [edge for edge, _ in edges(told)] == ["start", "end", "start", "end"]


def test_a_mark_in_silence_ends_nothing_and_takes_nothing() -> None:
    samples = np.concatenate((frames(30), silent(40)))
    speech = follower()

    told = speech.hear(sound(samples))
    later = speech.hear(sound(hush(0.1)[:100], Mark.FLUSH))

    assert len(ended(told)) == 1
    assert later == []


def test_a_cut_for_length_is_no_edge_where_speech_goes_on() -> None:
    speech = follower(EndpointerOptions(longest_s=4.0))

    told = speech.hear(sound(frames(150)))

    assert [(segment.trigger, segment.continues) for segment in ended(told)] == [("length", False)]
    assert [edge for edge, _ in edges(told)] == ["start"]
    told = speech.hear(sound(silent(40)))
    assert [(segment.trigger, segment.continues) for segment in ended(told)] == [("pause", True)]
    assert [edge for edge, _ in edges(told)] == ["end"]


def test_speech_that_does_not_go_on_after_a_cut_has_ended_there() -> None:
    speech = follower(EndpointerOptions(longest_s=4.0))

    told = speech.hear(sound(np.concatenate((frames(112), silent(60)))))

    segments = ended(told)
    assert [edge for edge, _ in edges(told)] == ["start", "end"]
    assert edges(told)[-1][1] == round(segments[-1].end_s, 3)


def test_a_segment_is_not_cut_before_what_is_settled() -> None:
    options = EndpointerOptions(longest_s=4.0)
    free, settled = follower(options), follower(options)
    dip = sound(frames(115))
    dip.speech[105] = 0.4

    for speech in (free, settled):
        speech.hear(dip)
    assert settled.open is not None
    settled.settled(settled.open, 110 * FRAME_MS / 1000)
    (early,), (late,) = (ended(speech.hear(sound(frames(15)))) for speech in (free, settled))

    assert early.end == 105 * FRAME_SAMPLES
    assert late.end >= 110 * FRAME_SAMPLES


def test_how_sound_is_grouped_changes_nothing() -> None:
    samples = np.concatenate((silent(20), frames(50), silent(35), frames(20, 1), silent(40)))
    at_once, in_steps = follower(), follower()

    whole = at_once.hear(sound(samples))
    pieces: list[Followed] = []
    for at in range(0, len(samples), FRAME_SAMPLES):
        pieces += in_steps.hear(sound(samples[at : at + FRAME_SAMPLES]))

    def described(told: list[Followed]) -> list[object]:
        return [(e.start, e.end, e.voiced_s) if isinstance(e, Ended) else e for e in told]

    assert described(pieces) == described(whole)


def test_samples_wait_on_the_shelf_they_were_put() -> None:
    with closing(Shelf(most_held=0)) as shelf:
        speech = Follower(EndpointerOptions(), shelf)

        (segment,) = ended(speech.hear(sound(np.concatenate((frames(30), silent(40))))))

        assert len(segment.take()) == segment.n_samples
