from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from sidecar.engine.backends.feeding import Feeding
from sidecar.engine.backends.sequences import Part, Sequences
from sidecar.engine.backends.windows import Window
from sidecar.engine.base import Abort
from sidecar.errors import BusyError, CancelledError
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import ContextFullError, Decoder, Run
from tests.unit.engine.backends.machines import Floats, never
from tests.unit.inference.gguf_files import write_decoder
from tests.unit.models import tiny_asr

PROMPT, OTHER = (1, 2, 3, 4, 5), (5, 4, 3)


@dataclass
class Counting:
    """Feeds, and counts what."""

    feeding: Feeding
    fed: list[int] = field(default_factory=list)

    def append(self, sequence: int, parts: Sequence[Part], abort: Abort) -> None:
        self.feeding.append(sequence, parts, abort)
        self.fed += [len(part) for part in parts if isinstance(part, Window)]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoder]:
    path = write_decoder(tmp_path_factory.mktemp("model") / "decoder.gguf", tiny_asr())
    decoder = Decoder(path, DecoderOptions(256, 3, n_threads=1, n_batch_threads=1, kv="f32"))
    yield decoder
    decoder.close()


@pytest.fixture
def feeder(decoder: Decoder) -> Counting:
    for sequence in range(3):
        decoder.rewind(sequence, 0)
    return Counting(Feeding(decoder, None))


@pytest.fixture
def sequences(decoder: Decoder, feeder: Counting) -> Sequences:
    return Sequences(decoder, feeder, 3)


def window(n: int) -> Window:
    return Window(np.random.default_rng(n).normal(0, 0.3, (n, 96)).astype(np.float32))


def after(decoder: Decoder, sequence: int) -> Floats:
    [found] = decoder.advance([Run(sequence, [9], [0])], never)
    logits: Floats = found[0]
    return logits


def fresh(decoder: Decoder, sequence: int, parts: list[Part]) -> Floats:
    """The logits after these parts in a sequence that has nothing else."""
    decoder.rewind(sequence, 0)
    for part in parts:
        if isinstance(part, Window):
            decoder.feed(sequence, part.embeds, never)
        else:
            decoder.advance([Run(sequence, part)], never)
    return after(decoder, sequence)


def test_what_is_there_already_is_not_computed_again(
    decoder: Decoder, sequences: Sequences, feeder: Counting
) -> None:
    one, two, three = window(20), window(30), window(10)
    sequences.take("me", [PROMPT, one, two], never)
    sequences.leave("me")

    sequence = sequences.take("me", [PROMPT, one, three], never)

    assert feeder.fed == [20, 30, 10]
    np.testing.assert_allclose(
        after(decoder, sequence), fresh(decoder, 2, [PROMPT, one, three]), atol=1e-4
    )


def test_what_was_said_after_the_sound_is_gone_when_the_pass_is_over(
    decoder: Decoder, sequences: Sequences
) -> None:
    one = window(20)
    sequence = sequences.take("me", [PROMPT, one], never)
    first = after(decoder, sequence)
    sequences.leave("me")

    again = sequences.take("me", [PROMPT, one], never)

    assert again == sequence
    assert decoder.length(again) == len(PROMPT) + 20
    np.testing.assert_allclose(after(decoder, again), first, atol=1e-4)


def test_what_is_given_after_the_sound_is_appended_with_it_and_gone_with_the_pass(
    decoder: Decoder, sequences: Sequences, feeder: Counting
) -> None:
    one, two = window(20), window(30)
    sequence = sequences.take("me", [PROMPT, one], never, lead=OTHER)
    given = after(decoder, sequence)
    sequences.leave("me")
    assert decoder.length(sequence) == len(PROMPT) + 20

    sequences.take("me", [PROMPT, one, two], never, lead=OTHER)

    assert decoder.length(sequence) == len(PROMPT) + 50 + len(OTHER)
    assert feeder.fed == [20, 30]
    np.testing.assert_allclose(given, fresh(decoder, 2, [PROMPT, one, OTHER]), atol=1e-4)


def test_segments_with_the_same_prompt_share_it(decoder: Decoder, sequences: Sequences) -> None:
    n_rows = decoder.n_cells - 3 * 80

    for owner in "abc":
        sequences.take(owner, [(*range(n_rows),), window(80)], never)

    assert [decoder.length(sequence) for sequence in range(3)] == [n_rows + 80] * 3


def test_the_prompt_of_a_segment_that_is_over_stays_for_the_next(
    decoder: Decoder, sequences: Sequences
) -> None:
    first = sequences.take("one", [PROMPT, window(20)], never)
    sequences.take("other", [OTHER], never)
    sequences.forget("one")

    second = sequences.take("two", [PROMPT], lambda: pytest.fail("something is computed"))

    assert first == second


def test_who_was_not_here_for_the_longest_time_gives_way_and_may_come_back(
    decoder: Decoder, sequences: Sequences, feeder: Counting
) -> None:
    parts: dict[str, list[Part]] = {owner: [PROMPT, window(20)] for owner in "abcd"}
    for owner in "abcd":
        sequences.take(owner, parts[owner], never)
        sequences.leave(owner)

    feeder.fed.clear()
    sequences.take("b", parts["b"], never)
    sequences.leave("b")
    assert feeder.fed == []
    sequence = sequences.take("a", parts["a"], never)

    assert feeder.fed == [20]
    other = next(number for number in range(3) if number != sequence)
    np.testing.assert_allclose(
        after(decoder, sequence), fresh(decoder, other, parts["a"]), atol=1e-4
    )


def test_idle_segments_give_their_cells_to_busy_ones(
    decoder: Decoder, sequences: Sequences
) -> None:
    sequences.take("idle", [PROMPT, window(120)], never)
    sequences.leave("idle")

    sequence = sequences.take("busy", [PROMPT, window(200)], never)

    assert decoder.length(sequence) == len(PROMPT) + 200


def test_busy_segments_do_not(decoder: Decoder, sequences: Sequences) -> None:
    first = sequences.take("busy", [PROMPT, window(120)], never)

    with pytest.raises(ContextFullError):
        sequences.take("late", [PROMPT, window(200)], never)
    assert decoder.length(first) == len(PROMPT) + 120
    sequences.take("small", [PROMPT, window(20)], never)
    sequences.take("another", [PROMPT], never)

    with pytest.raises(BusyError):
        sequences.take("one too many", [PROMPT], never)


def test_an_aborted_segment_goes_on_where_it_was(
    decoder: Decoder, sequences: Sequences, feeder: Counting
) -> None:
    parts: list[Part] = [PROMPT, window(20), window(30)]

    answers = iter([False, False, True])
    with pytest.raises(CancelledError):
        sequences.take("me", parts, lambda: next(answers))
    feeder.fed.clear()
    sequence = sequences.take("me", parts, never)

    assert feeder.fed in ([20, 30], [30])
    np.testing.assert_allclose(after(decoder, sequence), fresh(decoder, 2, parts), atol=1e-4)
