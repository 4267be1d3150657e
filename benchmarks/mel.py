"""Our log-mel against transformers' numpy extractor: time, and the largest difference.

Both sides run in this process with one thread, on the same clips, unpadded.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks._report import Row, report, take_turns
from benchmarks._speech import clips, samples_of

if TYPE_CHECKING:
    from sidecar.domain import Samples

CLIP = "en_ls_other_2609-156975-0007.flac"  # 20 s
N_MELS = (80, 128)
GOAL, LARGEST_DIFFERENCE = 0.35, 1.5e-5


def main() -> None:
    # Before numpy is imported, or its BLAS does not see it.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    import numpy as np

    from sidecar.audio.mel import log_mel

    peers = {n_mels: numpy_extractor(n_mels) for n_mels in N_MELS}
    samples = samples_of(CLIP)
    rounds = {
        n_mels: take_turns(
            {"ours": partial(log_mel, samples, n_mels), "peer": partial(peer, samples)}
        )
        for n_mels, peer in peers.items()
    }
    largest = 0.0
    for clip in clips():
        samples = samples_of(clip["file"])
        for n_mels, peer in peers.items():
            largest = max(largest, float(np.abs(log_mel(samples, n_mels) - peer(samples)).max()))
    rows = [
        Row(
            f"{n_mels} bands, 20 s clip",
            timed.median_s("ours") * 1e3,
            "ms",
            timed.median_s("peer") * 1e3,
            timed.ratio("ours", "peer"),
            GOAL,
        )
        for n_mels, timed in rounds.items()
    ]
    rows.append(Row("largest difference, all clips", largest, "", goal=LARGEST_DIFFERENCE))
    worst = max(timed.ratio("ours", "peer") for timed in rounds.values())
    report("mel", rows, {"vs_transformers": worst, "max_abs_diff": largest})


def numpy_extractor(n_mels: int) -> Callable[[Samples], Samples]:
    """Transformers' extractor, on the path it takes where torch is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import WhisperFeatureExtractor

    make: Any = WhisperFeatureExtractor
    extractor = make(feature_size=n_mels)

    def extract(samples: Samples) -> Samples:
        mel: Samples = extractor._np_extract_fbank_features(samples[None], "cpu")[0]
        return mel

    return extract
