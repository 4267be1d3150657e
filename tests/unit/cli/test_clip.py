from __future__ import annotations

import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from sidecar.cli.clip import CLIP, reference, word_error_rate

sentences = st.lists(st.sampled_from(["the", "cat", "sat", "on"]), min_size=1).map(" ".join)


def test_the_clip_is_short_small_and_ready_for_the_engine() -> None:
    audio = sf.info(str(CLIP))

    assert (audio.samplerate, audio.channels, audio.format) == (16_000, 1, "FLAC")
    assert 8 < audio.duration < 15
    assert CLIP.stat().st_size < 300_000


@pytest.mark.parametrize(
    ("heard", "rate"),
    [
        ("Good morning, everyone!", 0.0),
        ("good mourning everyone", 1 / 3),
        ("good everyone", 1 / 3),
        ("a good morning everyone", 1 / 3),
        ("", 1.0),
    ],
)
def test_the_error_rate_counts_words_replaced_lost_and_added(heard: str, rate: float) -> None:
    assert word_error_rate("Good morning, everyone.", heard) == pytest.approx(rate)


@given(sentences, sentences)
def test_the_error_rate_is_zero_only_for_the_same_words(said: str, heard: str) -> None:
    assert (word_error_rate(said, heard) == 0) == (said == heard)
    assert word_error_rate(said, said + " " + heard) == len(heard.split()) / len(said.split())


def test_the_reference_is_one_line_of_what_is_said() -> None:
    assert "\n" not in reference()
    assert reference().startswith("Hello.")
