"""Draws the pictures of the README from real runs: python docs/images/make_pictures.py."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import numpy as np
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.rule import Rule
from rich.terminal_theme import MONOKAI
from rich.text import Text

from sidecar.audio.files import open_audio
from sidecar.cli.clip import CLIP
from sidecar.cli.demo import run_demo
from sidecar.cli.dictated import Dictated
from sidecar.cli.live_view import LiveView
from sidecar.domain import SAMPLE_RATE_HZ, LiveEvent
from sidecar.host.launch import launch_sidecar
from sidecar.rpc.auth import new_key_pair
from sidecar.rpc.client import Client, run

# A picture in a document should not fetch anything; any fixed-width font will do.
WITHOUT_WEB_FONTS = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
CHUNK = SAMPLE_RATE_HZ // 10
SHOWN_AT_S = (3.0, 6.0, 9.5)
FOR_THE_ENGINE_S = 0.5  # to say what it makes of it, on any machine


def main() -> None:
    """Run both commands once and keep what they show."""
    console = _console()
    run_demo(console, live=False)
    _save(console, "demo")
    console = _console()
    run(_listen(console))
    _save(console, "listen")


async def _listen(console: Console) -> None:
    """Dictate the bundled clip at the pace of speech, and look at the view now and then."""
    dictated = Dictated()
    view = LiveView(dictated)

    def take(event: LiveEvent) -> None:
        segment = dictated.take(event)
        view.take(event)
        if segment is not None:
            console.print(Text(segment.text), soft_wrap=False)

    keys = new_key_pair()
    sidecar, info = launch_sidecar(keys.public, keys.secret)
    with sidecar:
        async with await Client.connect(info) as client:
            await client.transcribe(CLIP)  # the engine is warm
            async with client.dictate(on_event=take) as dictation:
                for at, chunk in enumerate(_chunks()):
                    dictation.push(chunk)
                    await asyncio.sleep(CHUNK / SAMPLE_RATE_HZ)
                    if (at + 1) * CHUNK / SAMPLE_RATE_HZ in SHOWN_AT_S:
                        await asyncio.sleep(FOR_THE_ENGINE_S)
                        console.print(Rule(f"after {(at + 1) / 10:g} s", style="dim"), view)
                console.print(Rule("the end", style="dim"))
                await dictation.close()


def _chunks() -> list[bytes]:
    with open_audio(CLIP) as audio:
        samples = np.concatenate(list(audio.blocks()))
    pcm = np.clip(samples * 32768, -32768, 32767).astype("<i2")
    return [pcm[at : at + CHUNK].tobytes() for at in range(0, len(pcm), CHUNK)]


def _console() -> Console:
    return Console(
        record=True,
        width=100,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )


def _save(console: Console, name: str) -> None:
    console.save_svg(
        str(Path(__file__).with_name(f"{name}.svg")),
        title=f"sotto {name}",
        theme=MONOKAI,
        code_format=WITHOUT_WEB_FONTS,
        unique_id=f"sotto-{name}",
    )


if __name__ == "__main__":
    main()
