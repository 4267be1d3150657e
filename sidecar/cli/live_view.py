"""How a dictation looks in a terminal while it goes on.

Segments that are final scroll up as plain text. Below them is what is drawn again and
again: the open segment, whose tentative end is dimmed, and a line with the level.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from sidecar.cli.dictated import Dictated
from sidecar.cli.plain import harmless
from sidecar.domain import Level, LiveEvent, Status

State: TypeAlias = Literal[
    "loading", "listening", "speech", "trailing", "recovering", "behind", "draining"
]

BARS: Final = " ▁▂▃▄▅▆▇█"
N_BARS: Final = 24
FLOOR_DB: Final = -60.0  # the quietest that has a bar; speech is at about -20
SPEECH: Final = 0.5  # a bin more likely speech than not is drawn as speech
LATE_S: Final = 1.5  # behind by less is not worth a word
ROWS: Final = 6  # of the open segment; of a longer one the end is shown
REFRESH_HZ: Final = 12

_SAID: Final[dict[State, str]] = {
    "loading": "the engine is starting; speak, nothing is lost",
    "listening": "listening",
    "speech": "speech",
    "trailing": "pause",
    "recovering": "the engine is being replaced; nothing is lost",
    "behind": "the engine is slow; text comes later, nothing is lost",
    "draining": "finishing",
}


@dataclass(slots=True)
class LiveView:
    """Draws itself from the events that it was told. Knows no clock and no terminal."""

    dictated: Dictated
    state: State = "loading"
    lag_s: float = 0.0
    heard_s: float = 0.0
    hint: str = "Ctrl-C ends"
    # Replaced, never changed: another thread draws it.
    _bars: tuple[tuple[float, bool], ...] = ((0.0, False),) * N_BARS

    def take(self, event: LiveEvent) -> None:
        """One event, as it comes."""
        if isinstance(event, Level):
            self.heard_s = event.start_s + event.bin_s * len(event.peak)
            speech = [chance >= SPEECH for chance in event.speech]
            bars = zip(event.peak, speech, strict=True)
            self._bars = (*self._bars, *bars)[-N_BARS:]
        elif isinstance(event, Status):
            self.state, self.lag_s = event.state, event.lag_s

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = _open_text(self.dictated)
        if text.plain:
            lines = text.wrap(console, options.max_width)
            if len(lines) > ROWS:
                yield Text("…", "dim")
            yield from lines[-ROWS:]
        yield self._meter()

    def _meter(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{_clock(self.heard_s)} ", "cyan")
        for peak, is_speech in self._bars:
            text.append(_bar(peak), "green" if is_speech else "dim")
        text.append(f" {_SAID[self.state]}")
        if self.lag_s >= LATE_S:
            text.append(f", {self.lag_s:.0f} s behind", "yellow")
        return text.append(f"  {self.hint}", "dim")


@contextmanager
def drawn(view: LiveView, console: Console) -> Iterator[None]:
    """Draw again and again while the block runs, where the console is a terminal."""
    if not console.is_terminal:
        yield
        return
    live = Live(
        view,
        console=console,
        refresh_per_second=REFRESH_HZ,
        transient=True,
        # Nobody else prints meanwhile; stdout is for results, and not rich's to take over.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    live.start()
    try:
        yield
    finally:
        with suppress(OSError):  # the terminal is closed
            live.stop()


def _open_text(dictated: Dictated) -> Text:
    text = Text(harmless(dictated.committed.lstrip()))
    tentative = dictated.tentative if text.plain else dictated.tentative.lstrip()
    return text.append(harmless(tentative), "dim")


def _bar(peak: float) -> str:
    loud = 1 - 20 * math.log10(peak) / FLOOR_DB if peak > 0 else 0.0
    return BARS[round(min(max(loud, 0.0), 1.0) * (len(BARS) - 1))]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
