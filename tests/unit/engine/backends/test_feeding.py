from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sidecar.convert.tensors import EMBEDDINGS
from sidecar.engine.backends.feeding import MOST_KEPT, Feeding, Graph
from sidecar.engine.backends.windows import Window
from sidecar.errors import CancelledError
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import ContextFullError, Decoder, Run
from sidecar.inference.embeddings import Table
from sidecar.inference.prefill import Prefill
from tests.unit.convert.test_prefill_graph import prefill
from tests.unit.engine.backends.machines import Floats, never
from tests.unit.inference.gguf_files import write_decoder
from tests.unit.models import tiny_asr

HEAD, TAIL = (1, 2, 3, 4, 5), (6, 7)
GIVEN = tuple(range(10, 22))


@pytest.fixture(scope="module", params=["f32", "f16"])
def parts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Decoder, Prefill]]:
    folder = tmp_path_factory.mktemp("model")
    path = write_decoder(folder / "decoder.gguf", tiny_asr())
    options = DecoderOptions(512, 5, n_threads=1, n_batch_threads=1, kv=request.param)
    decoder = Decoder(path, options)
    yield decoder, prefill(tiny_asr(), folder, "fp32")
    decoder.close()


@pytest.fixture
def decoder(parts: tuple[Decoder, Prefill]) -> Decoder:
    for sequence in range(5):
        parts[0].rewind(sequence, 0)
    return parts[0]


@pytest.fixture
def feeding(parts: tuple[Decoder, Prefill], decoder: Decoder, tmp_path: Path) -> Feeding:
    path = tmp_path / "embeddings.npy"
    np.save(path, tiny_asr().state[EMBEDDINGS].astype(np.float16))
    return Feeding(decoder, Graph(parts[1], Table(path, decoder.width, 1)))


def heard(n: int) -> list[Window]:
    return [Window(audio(n))]


def audio(n: int) -> Floats:
    return np.random.default_rng(n).normal(0, 0.3, (n, 96)).astype(np.float32)


def begin(decoder: Decoder, sequence: int) -> None:
    decoder.advance([Run(sequence, HEAD)], never)


def logits(decoder: Decoder, sequence: int) -> Floats:
    [found] = decoder.advance([Run(sequence, TAIL, [1])], never)
    logits: Floats = found[0]
    return logits


def expected(decoder: Decoder, *lengths: int) -> Floats:
    """What llama.cpp says after the same sound."""
    decoder.rewind(4, 0)
    begin(decoder, 4)
    for length in lengths:
        decoder.feed(4, audio(length), never)
    return logits(decoder, 4)


def test_what_follows_is_the_same_as_after_llama_cpp(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)
    for length in (104, 60, 7):
        feeding.append(0, heard(length), never)

    assert decoder.length(0) == len(HEAD) + 171
    np.testing.assert_allclose(logits(decoder, 0), expected(decoder, 104, 60, 7), atol=2e-3)


def test_a_sequence_goes_on_after_it_was_rewound(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)
    feeding.append(0, heard(50), never)
    feeding.append(0, heard(40), never)
    logits(decoder, 0)

    decoder.rewind(0, len(HEAD) + 50)
    feeding.append(0, heard(30), never)

    np.testing.assert_allclose(logits(decoder, 0), expected(decoder, 50, 30), atol=2e-3)


def test_it_sees_that_a_sequence_is_another_one_now(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)
    feeding.append(0, heard(50), never)

    decoder.rewind(0, 0)
    begin(decoder, 0)
    decoder.feed(0, audio(20), never)
    decoder.feed(0, audio(10), never)
    feeding.append(0, heard(30), never)

    np.testing.assert_allclose(logits(decoder, 0), expected(decoder, 20, 10, 30), atol=2e-3)


def test_where_a_past_is_from_changes_nothing(decoder: Decoder, feeding: Feeding) -> None:
    for sequence in (0, 1):
        begin(decoder, sequence)
        feeding.append(sequence, heard(40), never)
    feeding.append(0, heard(30), never)
    others = range(2, 2 + MOST_KEPT)

    for sequence in others:
        begin(decoder, sequence)
        feeding.append(sequence, heard(3), never)
    feeding.append(1, heard(30), never)

    kept, read = (decoder.read_kv(sequence, 0, decoder.length(sequence)) for sequence in (0, 1))
    assert np.abs(kept.keys - read.keys).mean() < 1e-6
    assert np.abs(kept.values - read.values).mean() < 1e-6


def test_given_text_is_the_same_as_said_to_llama_cpp(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)

    feeding.append(0, [*heard(50), GIVEN], never)
    feeding.append(0, [GIVEN[:2]], never)

    found = logits(decoder, 0)
    begin(decoder, 1)
    decoder.feed(1, audio(50), never)
    decoder.advance([Run(1, [*GIVEN, *GIVEN[:2]])], never)
    np.testing.assert_allclose(found, logits(decoder, 1), atol=2e-3)


def test_llama_cpp_does_it_all_where_there_is_no_graph(decoder: Decoder) -> None:
    slow = Feeding(decoder)

    slow.append(0, [HEAD, *heard(50), GIVEN], never)

    found = logits(decoder, 0)
    begin(decoder, 1)
    decoder.feed(1, audio(50), never)
    decoder.advance([Run(1, GIVEN)], never)
    np.testing.assert_allclose(found, logits(decoder, 1), atol=2e-3)
    assert not slow.is_fast


def test_nothing_is_left_of_what_llama_cpp_began(decoder: Decoder) -> None:
    begin(decoder, 0)
    answers = iter([False, True])

    with pytest.raises(CancelledError):
        Feeding(decoder).append(0, [GIVEN[:3], GIVEN[3:6]], lambda: next(answers))

    assert decoder.length(0) == len(HEAD)


def test_an_aborted_pass_appends_nothing(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)
    feeding.append(0, heard(40), never)

    with pytest.raises(CancelledError):
        feeding.append(0, heard(30), lambda: True)
    for tokens in (GIVEN, GIVEN[:1]):
        with pytest.raises(CancelledError):
            feeding.append(0, [tokens], lambda: True)

    assert decoder.length(0) == len(HEAD) + 40
    feeding.append(0, heard(30), never)
    np.testing.assert_allclose(logits(decoder, 0), expected(decoder, 40, 30), atol=2e-3)


def test_a_full_context_appends_nothing(decoder: Decoder, feeding: Feeding) -> None:
    begin(decoder, 0)
    feeding.append(0, heard(300), never)

    with pytest.raises(ContextFullError):
        feeding.append(0, heard(250), never)

    assert decoder.length(0) == len(HEAD) + 300
    feeding.append(0, heard(20), never)
    np.testing.assert_allclose(logits(decoder, 0)[:0], [])
    assert decoder.length(0) == len(HEAD) + 320 + len(TAIL)
