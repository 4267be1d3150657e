"""Our dictation and the published policy, replayed with an engine that knows what is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile as sf

from benchmarks._account import committed_words, retractions, shown
from benchmarks._baseline import replay_baseline
from benchmarks._coverage import uncovered_samples, voiced
from benchmarks._live import replay
from benchmarks._oracle import NAME, Known, OracleEngine, install, spread
from benchmarks._stability import commit_delays
from sidecar.cli.clip import CLIP, reference
from sidecar.domain import SAMPLE_RATE_HZ, Samples
from sidecar.engine.client import EnginePool, WorkerOptions
from sidecar.engine.registry import EngineRegistry
from sidecar.session.endpoints import live_endpointer


@pytest.fixture(scope="module")
def clip() -> Samples:
    samples: Samples = sf.read(CLIP, dtype="float32")[0]
    return samples


@pytest_asyncio.fixture
async def pool(
    clip: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EnginePool]:
    speech = voiced(clip, live_endpointer(OracleEngine.capabilities))
    for name, value in install(tmp_path, [Known(clip, spread(reference(), speech))]).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(tmp_path))
    pool = EnginePool(EngineRegistry(), WorkerOptions(), lambda *_: None)
    yield pool
    await pool.close()


async def test_ours_says_what_is_said_and_loses_nothing(pool: EnginePool, clip: Samples) -> None:
    account = await replay(pool, NAME, clip)

    assert account.final.text.replace(",", "") == reference().replace(",", "")
    assert retractions(account) == 0
    assert uncovered_samples(account, voiced(clip, live_endpointer(OracleEngine.capabilities))) == 0
    assert account.audio_s == pytest.approx(len(clip) / SAMPLE_RATE_HZ)


async def test_what_a_chunk_causes_is_told_at_its_time(pool: EnginePool, clip: Samples) -> None:
    account = await replay(pool, NAME, clip)

    times_s = {round(at_s, 6) for at_s, _ in account.told}
    pushed_s = {round(at_s, 6) for _, at_s in account.pushed}
    assert times_s <= pushed_s
    assert shown(account)[-1] == account.final.text


async def test_a_replay_on_a_virtual_clock_is_the_same_every_time(
    pool: EnginePool, clip: Samples
) -> None:
    await pool.start(NAME)  # or only the first would tell of its start

    one, other = [await replay(pool, NAME, clip) for _ in range(2)]

    assert one == other


async def test_the_published_policy_says_the_same_later(pool: EnginePool, clip: Samples) -> None:
    ours, baseline = await replay(pool, NAME, clip), await replay_baseline(pool, NAME, clip)

    assert baseline.final.text.replace(",", "") == reference().replace(",", "")
    assert retractions(baseline) == 0
    delays = [commit_delays(committed_words(account)).p50_s for account in (ours, baseline)]
    assert delays[0] < delays[1]
