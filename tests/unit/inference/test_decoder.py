from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.convert.checkpoint import Checkpoint
from sidecar.convert.decoder_gguf import write_decoder as write_gguf
from sidecar.convert.vocabulary import read_vocabulary
from sidecar.errors import CancelledError
from sidecar.inference.context import DecoderOptions
from sidecar.inference.decoder import ContextFullError, Decoder, Run
from sidecar.inference.kv_state import KeyValues, KvFormat
from tests.unit.checkpoints import write_checkpoint
from tests.unit.inference.decoders import EXACT, TOKENS, Floats, audio, logits_after, never, nothing
from tests.unit.models import TinyModel


@dataclass
class Questions:
    """An abort that counts how often it is asked, and says yes the n-th time."""

    stop_at: int = 0
    asked: int = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked == self.stop_at


@pytest.fixture(scope="module")
def shared(path: Path) -> Iterator[Decoder]:
    decoder = Decoder(path, EXACT)
    yield decoder
    decoder.close()


@pytest.fixture
def decoder(shared: Decoder) -> Decoder:
    """A decoder without anything in its sequences."""
    for sequence in range(EXACT.n_sequences):
        shared.rewind(sequence, 0)
    return shared


def table(model: TinyModel) -> Floats:
    return model.state["model.language_model.embed_tokens.weight"]


def expected(model: TinyModel, embeds: Floats) -> Floats:
    """Logits of the reference after each row."""
    with torch.no_grad():
        found = model.reference(inputs_embeds=torch.from_numpy(embeds[None])).logits[0].numpy()
    logits: Floats = found
    return logits


def as_kept(found: KeyValues) -> KeyValues:
    """As llama.cpp has them."""
    return KeyValues(found.keys, found.values.swapaxes(1, 2))


def test_logits_are_those_of_the_reference(decoder: Decoder, model: TinyModel) -> None:
    logits = logits_after(decoder, TOKENS)

    reference = expected(model, table(model)[TOKENS])
    assert reference.std() > 0.1
    np.testing.assert_allclose(logits, reference, atol=1e-4)


def test_tokens_and_embeddings_may_follow_each_other(decoder: Decoder, model: TinyModel) -> None:
    head, tail, speech = TOKENS[:10], TOKENS[10:15], audio(40)

    decoder.advance([Run(0, head)], never)
    inside = decoder.feed(0, speech, never, wanted=[0, 39])
    [after] = decoder.advance([Run(0, tail, [4])], never)

    reference = expected(model, np.concatenate((table(model)[head], speech, table(model)[tail])))
    np.testing.assert_allclose(inside, reference[[10, 49]], atol=1e-4)
    np.testing.assert_allclose(after, reference[-1:], atol=1e-4)
    assert decoder.length(0) == 55


def test_more_rows_than_fit_a_batch_are_cut(decoder: Decoder, model: TinyModel) -> None:
    speech = audio(3 * EXACT.n_batch + 5)

    logits = decoder.feed(0, speech, never, wanted=range(len(speech)))

    np.testing.assert_allclose(logits, expected(model, speech), atol=1e-4)


def test_logits_of_one_row_at_a_time_are_enough_for_many_sequences(
    path: Path, decoder: Decoder
) -> None:
    narrow = Decoder(path, replace(EXACT, n_outputs=1))

    [expected] = decoder.advance([Run(0, TOKENS[:40], (37, 38, 39))], never)
    [found] = narrow.advance([Run(0, TOKENS[:40], (37, 38, 39))], never)

    assert np.abs(found - expected).max() < 1e-4
    narrow.close()


def test_after_rewinding_a_sequence_goes_on_from_there(decoder: Decoder) -> None:
    plain = logits_after(decoder, TOKENS)

    decoder.rewind(0, 20)
    [again] = decoder.advance([Run(0, TOKENS[20:], [69])], never)

    np.testing.assert_allclose(again[0], plain[-1], atol=1e-4)


def test_a_shared_beginning_is_that_of_the_other_sequence(decoder: Decoder) -> None:
    plain = logits_after(decoder, TOKENS)
    decoder.advance([Run(1, TOKENS[:3])], never)

    decoder.share(0, 1, 50)
    decoder.rewind(0, 0)
    [again] = decoder.advance([Run(1, TOKENS[50:], [39])], never)

    np.testing.assert_allclose(again[0], plain[-1], atol=1e-4)


def test_sequences_step_together_as_they_do_alone(decoder: Decoder) -> None:
    others = [TOKENS[:30], TOKENS[5:50], TOKENS[40:]]
    alone = [logits_after(decoder, tokens, 3) for tokens in others]

    for sequence, tokens in enumerate(others):
        decoder.advance([Run(sequence, tokens[:-4])], never)
    first = decoder.advance([Run(i, tokens[-4:-3], [0]) for i, tokens in enumerate(others)], never)
    second = decoder.advance(
        [Run(i, tokens[-3:], [1, 2]) for i, tokens in enumerate(others)], never
    )

    for single, one, two in zip(alone, first, second, strict=True):
        np.testing.assert_allclose(np.concatenate((one, two)), single[[-4, -2, -1]], atol=1e-4)


def test_threads_change_nothing(decoder: Decoder) -> None:
    few = TOKENS[:4]  # as two threads on a busy machine wait for each other at every node
    plain = logits_after(decoder, few)

    decoder.set_threads(2, 2)
    both = logits_after(decoder, few)
    decoder.set_threads(1, 1)

    np.testing.assert_allclose(both, plain, atol=1e-4)


def test_logits_stay_what_they_were(decoder: Decoder) -> None:
    [first] = decoder.advance([Run(0, TOKENS[:5], [4])], never)
    before = first.copy()

    decoder.advance([Run(0, TOKENS[5:9], [3])], never)

    assert (first == before).all()


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["rewind", "share", "advance", "feed"]), max_size=8), st.data())
def test_whatever_is_done_a_sequence_says_what_its_rows_say(
    shared: Decoder, model: TinyModel, steps: list[str], data: st.DataObject
) -> None:
    rows = {sequence: np.empty((0, 96), np.float32) for sequence in range(3)}
    for sequence in rows:
        shared.rewind(sequence, 0)

    for step in steps:
        sequence = data.draw(st.integers(0, 2))
        length = data.draw(st.integers(0, len(rows[sequence])))
        tokens = data.draw(st.lists(st.integers(0, 255), min_size=1, max_size=5))
        match step:
            case "rewind":
                shared.rewind(sequence, length)
                rows[sequence] = rows[sequence][:length]
            case "share":
                target = (sequence + 1) % 3
                shared.share(sequence, target, length)
                rows[target] = rows[sequence][:length]
            case "advance":
                shared.advance([Run(sequence, tokens)], never)
                rows[sequence] = np.concatenate((rows[sequence], table(model)[tokens]))
            case "feed":
                shared.feed(sequence, audio(len(tokens)), never)
                rows[sequence] = np.concatenate((rows[sequence], audio(len(tokens))))

    together = shared.advance([Run(sequence, [7], [0]) for sequence in rows], never)
    for sequence, logits in zip(rows, together, strict=True):
        reference = expected(model, np.concatenate((rows[sequence], table(model)[[7]])))
        np.testing.assert_allclose(logits[0], reference[-1], atol=2e-4)


@pytest.mark.parametrize("flash", [False, True])
@pytest.mark.parametrize("kind", ["f32", "f16"])
def test_keys_and_values_can_be_handed_over(path: Path, kind: Any, *, flash: bool) -> None:
    decoder = Decoder(
        path, DecoderOptions(512, 4, kv=kind, flash_attention=flash, n_threads=1, n_batch_threads=1)
    )
    decoder.advance([Run(0, TOKENS[:80])], never)
    found = decoder.read_kv(0, 30, 80)
    [plain] = decoder.advance([Run(0, TOKENS[80:], [9])], never)
    assert found.keys.shape == found.values.shape == (3, 50, 64)

    decoder.share(0, 1, 30)
    decoder.write_kv(1, as_kept(found))
    [handed] = decoder.advance([Run(1, TOKENS[80:], [9])], never)

    assert decoder.length(1) == len(TOKENS)
    np.testing.assert_allclose(handed, plain, atol=1e-4)
    assert decoder.hands_over(64)
    decoder.close()


def test_keys_of_the_reference_can_be_handed_over(decoder: Decoder, model: TinyModel) -> None:
    with torch.no_grad():
        embeds = torch.from_numpy(table(model)[TOKENS[:40]][None])
        layers = model.reference(inputs_embeds=embeds, use_cache=True).past_key_values.layers
    keys, values = (
        np.stack([getattr(layer, name)[0].transpose(0, 1).reshape(40, 64) for layer in layers])
        for name in ("keys", "values")
    )

    decoder.write_kv(0, as_kept(KeyValues(keys, values)))
    [logits] = decoder.advance([Run(0, TOKENS[40:], [49])], never)

    reference = expected(model, table(model)[TOKENS])
    np.testing.assert_allclose(logits[0], reference[-1], atol=1e-4)


def to_other_positions(state: bytearray) -> None:
    state[16:20] = (7).to_bytes(4, "little")


def to_other_values(state: bytearray) -> None:
    state[-4:] = bytes(4)


def to_no_stream(state: bytearray) -> None:
    state[8:12] = bytes(4)


@pytest.mark.parametrize("change", [to_other_positions, to_other_values, to_no_stream])
def test_nothing_is_handed_over_where_it_does_not_come_back(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytearray], None]
) -> None:
    def pack(self: KvFormat, start: int, new: KeyValues) -> bytearray:
        state = packed(self, start, new)
        change(state)
        return state

    packed = KvFormat.pack
    monkeypatch.setattr(KvFormat, "pack", pack)

    assert not decoder.hands_over(64)
    assert decoder.length(0) == 0


def test_nothing_is_handed_over_in_eight_bits(path: Path) -> None:
    decoder = Decoder(
        path,
        DecoderOptions(256, 2, kv="q8_0", flash_attention=True, n_threads=1, n_batch_threads=1),
    )

    assert not decoder.hands_over(64)
    decoder.close()


def test_an_aborted_batch_leaves_the_sequence_as_it_was(decoder: Decoder) -> None:
    plain = logits_after(decoder, TOKENS)
    decoder.rewind(0, 20)

    whole = Questions()
    decoder.advance([Run(0, TOKENS[20:])], whole)
    assert whole.asked > 3, "it is asked inside of long batches as well"
    for stop_at in range(1, whole.asked + 1):
        decoder.rewind(0, 20)
        with pytest.raises(CancelledError):
            decoder.advance([Run(0, TOKENS[20:])], Questions(stop_at))
        assert decoder.length(0) == 20
    [again] = decoder.advance([Run(0, TOKENS[20:], [69])], never)

    np.testing.assert_allclose(again[0], plain[-1], atol=1e-4)


def test_a_full_context_is_an_error_that_changes_nothing(decoder: Decoder) -> None:
    plain = logits_after(decoder, TOKENS, 1)

    with pytest.raises(ContextFullError):
        decoder.feed(0, audio(decoder.n_cells), never)
    with pytest.raises(ContextFullError):
        decoder.write_kv(0, nothing(decoder.n_cells))

    assert (decoder.length(0), decoder.length(1)) == (0, len(TOKENS))
    decoder.rewind(1, 20)
    [again] = decoder.advance([Run(1, TOKENS[20:], [69])], never)
    np.testing.assert_allclose(again[0], plain[-1], atol=1e-4)


def test_behind_a_rough_output_layer_the_table_decides(
    model: TinyModel, decoder: Decoder, tmp_path: Path
) -> None:
    exact = logits_after(decoder, TOKENS)
    path = with_rough_head(tmp_path, model)
    np.save(tmp_path / "embeddings.npy", table(model).astype(np.float16))

    rough = Decoder(path, EXACT)
    sharp = Decoder(path, EXACT, tmp_path / "embeddings.npy")
    alone, chosen = (logits_after(each, TOKENS).argmax(axis=1) for each in (rough, sharp))
    [some] = sharp.advance([Run(1, TOKENS, (3, 50, 51, 89))], never)
    fed = sharp.feed(2, table(model)[TOKENS], never, wanted=[89])
    rough.close()
    sharp.close()

    assert (alone != exact.argmax(axis=1)).any()
    assert chosen.tolist() == exact.argmax(axis=1).tolist()
    np.testing.assert_allclose(some.max(axis=1), exact[[3, 50, 51, 89]].max(axis=1), atol=1e-2)
    np.testing.assert_allclose(fed[0].max(), exact[89].max(), atol=1e-2)


def with_rough_head(folder: Path, model: TinyModel) -> Path:
    """The same decoder with an output layer of its own: the embeddings, and noise."""
    checkpoint = Checkpoint(write_checkpoint(folder / "checkpoint", model))
    vocabulary = read_vocabulary(checkpoint.folder, checkpoint.model.text.rows, "<asr_text>")
    path = folder / "rough.gguf"
    write_gguf(path, checkpoint.model, checkpoint.blocks, vocabulary, "f32", with_head=True)
    [head] = [t for t in gguf.GGUFReader(path, "r+").tensors if t.name == "output.weight"]
    noise = np.random.default_rng(5).normal(0, 0.1 * head.data.std(), head.data.shape)
    head.data[:] += noise.astype(np.float32)
    return path


def test_embeddings_of_another_width_are_refused(decoder: Decoder) -> None:
    with pytest.raises(ValueError, match="96"):
        decoder.feed(0, audio(3, width=95), never)


def test_nobody_can_rewind_or_share_what_is_not_there(decoder: Decoder) -> None:
    decoder.advance([Run(0, [1, 2])], never)

    with pytest.raises(ValueError, match="3 positions"):
        decoder.rewind(0, 3)
    with pytest.raises(ValueError, match="3 positions"):
        decoder.share(0, 1, 3)


def test_text_becomes_tokens_and_text_again(decoder: Decoder) -> None:
    vocabulary = decoder.vocabulary
    text = "in the Straße: 今天 <|im_end|>"

    tokens = vocabulary.tokens(text)

    assert b"".join(vocabulary.piece(token) for token in tokens).decode() == text
    end = vocabulary.token("<|im_end|>")
    assert end not in tokens
    assert vocabulary.tokens(text, special=True)[-1] == end
    assert vocabulary.piece(end) == b""
    with pytest.raises(ValueError, match="no token"):
        vocabulary.token("<|nothing|>")
