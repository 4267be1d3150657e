"""The app in a browser: how soon it shows what is heard, what it weighs, what it survives.

`electron-app/tests/bench` measures it: the built page, its web host, a real sidecar and
Chromium with a microphone that plays a file. Nothing in the app measures itself: what the page
draws is seen by wrapping the canvas, what it shows by observing the document, and what the
sidecar tells as it arrives in the host. It takes about eleven minutes, five of which are one
recording.

- First frame: from the click to the first bar of real samples, the median of 15 starts.
- Level: from the last sample of a peak to the frame that draws it, plus the 16 ms that a peak
  stands for; the 95th percentile. What the device itself takes before is not in it.
- Live text: from the sidecar's event in the host to the text in the page, 95th percentile.
- Stop: from the click to the final text as done, less what the sidecar took to give it; without
  the tail that is recorded on purpose; 95th percentile of ten.
- Heap: how much more the page holds after five minutes than after ten seconds, both after a
  forced collection.
- Kills: dictations of which the sidecar was killed with -9 at a random moment, and whose text
  was whole.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks._report import Row, report

APP = Path(__file__).resolve().parents[1] / "electron-app"
N_KILLS = 20


def main() -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.exit("app: Node.js 20 or newer with npm is needed")
    if "SOTTO_BUILD" not in os.environ:
        subprocess.run([npm, "run", "--silent", "build"], cwd=APP, check=True)
    done = subprocess.run(
        [node, "tests/run.mjs", "bench/app.ts"],
        cwd=APP,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    report("app", rows_of(figures), figures)


def rows_of(figures: dict[str, float]) -> list[Row]:
    lost = N_KILLS - figures["kills_recovered"]
    return [
        Row("first waveform frame after the click", figures["first_frame_ms"], "ms", goal=150),
        Row("the same, 95th percentile", figures["first_frame_p95_ms"], "ms"),
        Row("level to screen", figures["level_to_screen_ms"], "ms", goal=50),
        Row("live text after the sidecar's event", figures["live_text_extra_ms"], "ms", goal=50),
        Row(
            "stop to final, beside the sidecar", figures["stop_to_screen_extra_ms"], "ms", goal=100
        ),
        Row("heap growth in 5 minutes", figures["heap_growth_mb"], "MB", goal=5),
        Row("what is loaded first, gzipped", figures["bundle_kb_gzip"], "kB", goal=300),
        Row(f"texts lost by {N_KILLS} kills of the sidecar", lost, "", goal=0),
    ]


if __name__ == "__main__":
    main()
