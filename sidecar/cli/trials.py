"""What `sotto doctor` finds out from sidecars: the one that runs, and a new one at work."""

from __future__ import annotations

import time

from sidecar.cli import clip
from sidecar.cli.checks import CHANGE, Check
from sidecar.cli.connect import join, private_sidecar, published
from sidecar.config import ConfigError
from sidecar.errors import SottoError
from sidecar.host.launch import LaunchError
from sidecar.rpc.client import Client

POOR_WER = 0.5  # a clip as clear as ours is heard far better than that
REPORT = "Please report this, with the output of `sotto doctor --json`."


async def check_sidecars() -> list[Check]:
    """Join the running sidecar; start a new one and let every engine hear the clip."""
    checks = [await _check_running()]
    begun_s = time.monotonic()
    try:
        async with private_sidecar() as client:
            await client.ping()
            found = f"answers {(time.monotonic() - begun_s) * 1000:.0f} ms after it is started"
            checks.append(Check("New sidecar", "ok", found))
            checks += await _check_engines(client)
    except ConfigError as error:
        checks.append(Check("New sidecar", "broken", str(error), CHANGE))
    except (SottoError, LaunchError) as error:
        checks.append(Check("New sidecar", "broken", str(error), REPORT))
    return checks


async def _check_running() -> Check:
    name = "Running sidecar"
    try:
        info = published()
    except ConfigError as error:
        return Check(name, "broken", str(error), CHANGE)
    if info is None:
        return Check(name, "ok", "none; each command starts its own")
    client = await join(info)
    if client is None:
        fix = "Nothing needs to be done if it was killed; else end that process."
        return Check(name, "warning", f"process {info.pid} does not answer", fix)
    try:
        async with client:
            about = await client.info()
    except SottoError as error:
        return Check(name, "broken", f"process {info.pid}: {error.message}", REPORT)
    return Check(name, "ok", f"process {info.pid}, version {about.version}")


async def _check_engines(client: Client) -> list[Check]:
    about = await client.info()
    return [await _check_engine(client, engine.id) for engine in about.engines]


async def _check_engine(client: Client, engine: str) -> Check:
    name = f"Engine {engine}"
    try:
        heard = await client.transcribe(clip.CLIP, engine=engine)
    except SottoError as error:
        return Check(name, "broken", error.message, REPORT)
    wer = clip.word_error_rate(clip.reference(), heard.text)
    speed = heard.timings.decode_s / heard.timings.audio_s
    found = f"hears the demo clip with a word error rate of {wer:.0%}, real-time factor {speed:.2f}"
    if wer > POOR_WER:
        return Check(name, "warning", found, "Expected of an engine that knows no English only.")
    return Check(name, "ok", found)
