"""The published policy at work: the same engine, the same audio, the same clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks._account import Account
from benchmarks._whisper_streaming import MIN_CHUNK_S, WhisperStreaming
from sidecar.domain import SAMPLE_RATE_HZ, Final, Partial, SegmentFinal, Timings
from sidecar.engine.base import SegmentOptions
from sidecar.stabilizer.base import Update
from sidecar.stabilizer.log import CommitLog

if TYPE_CHECKING:
    from sidecar.domain import Samples
    from sidecar.engine.client import EnginePool

CHUNK = round(MIN_CHUNK_S * SAMPLE_RATE_HZ)


async def replay_baseline(pool: EnginePool, engine: str, samples: Samples) -> Account:
    """Dictate a recording, shape (n,), to the published policy.

    It hears all of the audio, as published: no voice detector stands before it. A pass
    takes no time on its clock, as for ours on a virtual one.
    """
    policy, log, account = WhisperStreaming(), CommitLog(), Account()
    log.begin(0, 0.0)
    options = SegmentOptions(live=True)
    start, segment = 0, await pool.open(engine, options)
    for fed, end in _chunks(len(samples)):
        segment.feed(samples[fed:end])
        account.pushed.append((end, end / SAMPLE_RATE_HZ))
        start_s, heard_s = start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ
        hypothesis = await segment.decode(policy.ask(start_s=start_s))
        _tell(account, log, heard_s, policy.update(hypothesis, heard_s, start_s))
        if (cut_s := policy.cut_s(())) is not None:
            await segment.close()
            start, segment = round(cut_s * SAMPLE_RATE_HZ), await pool.open(engine, options)
            segment.feed(samples[start:end])
    await segment.close()
    return _ended(account, log, policy.finish(hypothesis, heard_s))


def _chunks(n_samples: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n_samples, CHUNK):
        yield start, min(start + CHUNK, n_samples)


def _tell(account: Account, log: CommitLog, at_s: float, update: Update) -> None:
    if commit := log.append(update.committed):
        account.told.append((at_s, commit))
    account.told.append((at_s, Partial(0, len(account.told), update.tentative, 0)))


def _ended(account: Account, log: CommitLog, update: Update) -> Account:
    at_s = account.stopped_s = account.audio_s
    _tell(account, log, at_s, update)
    timings = Timings(at_s, at_s, 0.0, 0.0)
    account.told.append((at_s, SegmentFinal(0, log.text, 0.0, at_s, "close")))
    account.told.append((at_s, Final(log.text, None, "", timings, "close", complete=True)))
    return account
