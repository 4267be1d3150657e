"""The peer that is published: an ONNX encoder and a GGUF decoder, one after the other.

`_qwen3_published MODEL THREADS`, with a model that was converted to an fp32 encoder and an
f16 decoder. It works as HaujetZhao/Qwen3-ASR-GGUF and andrewleech/qwen3-asr-onnx do: all
audio is encoded, the whole prompt prefilled by llama.cpp, and text generated a token at a
time, each time anew; sessions and contexts are opened with their libraries' defaults but
for the threads. What those do that would flatter us is left out: a clip is not padded to
40 s, seconds and windows are batches and not loops, attention stays in its window, graphs
are fused, and the mel is our fast one.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._qwen3_child import Stopwatch, serve
from benchmarks._qwen3_prompt import HEADER, SUFFIX
from benchmarks._qwen3_shape import CHUNK_FRAMES, CHUNK_TOKENS, WINDOW_CHUNKS
from sidecar.audio.mel import HOP_SAMPLES, log_mel
from sidecar.inference.batch import Batch, Row
from sidecar.inference.encoder import n_tokens
from sidecar.inference.llama import llama

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

MAX_POSITIONS = 2048
BYTES_OF_A_PIECE = 64


class Published:
    """The two models, loaded."""

    def __init__(self, model: Path, n_threads: int) -> None:
        self._stem, self._layers = (
            _session(model / name, n_threads) for name in ("stem.onnx", "encoder.onnx")
        )
        self._context = _context(model / "decoder.gguf", n_threads)
        self._vocab = llama().llama_model_get_vocab(llama().llama_get_model(self._context))
        self._header, self._suffix = self._tokens(HEADER), self._tokens(SUFFIX)
        self._batch = Batch(MAX_POSITIONS)
        self._sampler = llama().llama_sampler_init_greedy()
        self._watch = Stopwatch()

    def recognise(self, clip: str, n_new: int) -> Mapping[str, Any]:
        """Recognise a clip (.npy of samples) with exactly so many tokens."""
        began_s = time.perf_counter()
        timed = self._watch.timed
        samples = np.load(clip)
        chunks = timed("mel", _chunks)(samples)
        n_audio = n_tokens(len(samples) // HOP_SAMPLES, CHUNK_FRAMES, CHUNK_TOKENS)
        (frames,) = timed("stem", self._stem.run)(None, {"mel": chunks})
        embeds = timed("encoder", self._encode)(frames, n_audio)
        timed("prefill", self._prefill)(embeds)
        position = len(self._header) + n_audio + len(self._suffix)
        found = timed("generate", self._generate)(position, n_new)
        stages = self._watch.taken()
        return {"text": found, "stages": stages, "total_s": time.perf_counter() - began_s}

    def _encode(self, frames: Floats, n_valid: int) -> Floats:
        """All windows as one batch; `n_valid` frames are audio."""
        of_window = WINDOW_CHUNKS * CHUNK_TOKENS
        rows = frames.reshape(-1, frames.shape[2])
        n_windows = -(-n_valid // of_window)
        padded = np.zeros((n_windows * of_window, rows.shape[1]), np.float32)
        padded[:n_valid] = rows[:n_valid]
        counts = [min(of_window, n_valid - of_window * i) for i in range(n_windows)]
        inputs = {
            "frames": padded.reshape(n_windows, of_window, -1),
            "n_frames": np.array(counts, np.int64),
        }
        embeds: Floats = self._layers.run(None, inputs)[0]
        return np.ascontiguousarray(embeds.reshape(-1, embeds.shape[2])[:n_valid])

    def _prefill(self, embeds: Floats) -> None:
        llama().llama_memory_clear(llama().llama_get_memory(self._context), True)
        self._decode(0, self._header)
        self._decode(len(self._header), [0] * len(embeds), embeds)
        self._decode(len(self._header) + len(embeds), self._suffix)

    def _generate(self, position: int, n_new: int) -> str:
        found = []
        for at in range(position, position + n_new):
            token = llama().llama_sampler_sample(self._sampler, self._context, -1)
            found.append(token)
            if len(found) < n_new:
                self._decode(at, [token])
        return b"".join(map(self._piece, found)).decode("utf-8", "replace")

    def _decode(self, at: int, tokens: Sequence[int], embeds: Floats | None = None) -> None:
        last = len(tokens) - 1
        rows = [Row(0, at + i, token, i == last) for i, token in enumerate(tokens)]
        failed = llama().llama_decode(self._context, self._batch.filled(rows, embeds))
        assert not failed

    def _tokens(self, text: str) -> list[int]:
        content = text.encode()
        found = (llama().llama_token * len(content))()
        n = llama().llama_tokenize(
            self._vocab, content, len(content), found, len(content), False, True
        )
        return list(found[:n])

    def _piece(self, token: int) -> bytes:
        piece = ctypes.create_string_buffer(BYTES_OF_A_PIECE)
        n = llama().llama_token_to_piece(self._vocab, token, piece, BYTES_OF_A_PIECE, 0, False)
        return piece.raw[:n]


def _chunks(samples: Floats) -> Floats:
    """The spectrogram by the second, shape (seconds, bands, 100)."""
    mel = log_mel(samples)
    n_chunks = -(-mel.shape[1] // CHUNK_FRAMES)
    padded = np.zeros((len(mel), n_chunks * CHUNK_FRAMES), np.float32)
    padded[:, : mel.shape[1]] = mel
    return np.ascontiguousarray(padded.reshape(len(mel), n_chunks, CHUNK_FRAMES).transpose(1, 0, 2))


def _session(path: Path, n_threads: int) -> Any:  # noqa: ANN401
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = n_threads
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def _context(path: Path, n_threads: int) -> Any:  # noqa: ANN401
    lib = llama()
    model = lib.llama_model_load_from_file(str(path).encode(), lib.llama_model_default_params())
    assert model
    params = lib.llama_context_default_params()
    params.n_ctx, params.n_batch = MAX_POSITIONS, MAX_POSITIONS
    params.n_threads = params.n_threads_batch = n_threads
    context = lib.llama_init_from_model(model, params)
    assert context
    return context


def main(model: str, n_threads: str) -> None:
    began_s = time.perf_counter()
    published = Published(Path(model), int(n_threads))
    serve({"recognise": published.recognise}, load_s=time.perf_counter() - began_s)


if __name__ == "__main__":
    main(*sys.argv[1:])
