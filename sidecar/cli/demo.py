"""`sotto demo`: a real sidecar hears the bundled clip, and everything it says is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sidecar.cli import clip
from sidecar.cli.connect import private_sidecar
from sidecar.domain import Level, Progress, Segment, Transcript, TranscriptionEvent, Word
from sidecar.rpc.client import run

BARS = " ▁▂▃▄▅▆▇█"
ROWS = 3  # of bars
SPEECH = 0.5  # a bin more likely speech than not is drawn as speech
WORD_COLUMNS = 3


def run_demo(console: Console | None = None, *, live: bool = True) -> int:
    """Show the demo; the exit code is 0.

    Args:
        console: where to; stdout unless given.
        live: redraw while the clip is heard, where the console is a terminal.

    Raises:
        SottoError, LaunchError: the sidecar could not do it.
    """
    console = console or Console(highlight=False)
    run(_demonstrate(console, live=live and console.is_terminal))
    return 0


@dataclass(slots=True)
class Stage:
    """What has been heard so far, and when; draws itself."""

    width: int
    total_s: float = 1.0
    said: list[Segment] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)
    first_text_s: float | None = None
    ended_s: float | None = None

    def take(self, event: TranscriptionEvent) -> None:
        """One event, as it comes."""
        if isinstance(event, Level):
            self.levels.append(event)
        elif isinstance(event, Progress):
            self.total_s = event.total_s or self.total_s
        elif isinstance(event, Segment):
            self.said.append(event)
            self.first_text_s = self.first_text_s or self._taken_s()

    def end(self) -> None:
        """The answer is there."""
        self.ended_s = self._taken_s()

    def _taken_s(self) -> float:
        return time.monotonic() - self.started_s

    def __rich__(self) -> RenderableType:
        return Group(waveform(self.levels, self.total_s, self.width), segment_table(self.said))


async def _demonstrate(console: Console, *, live: bool) -> None:
    console.print(Rule("sotto demo", style="cyan"))
    console.print("Starting a sidecar of its own ...")
    begun_s = time.monotonic()
    async with private_sidecar() as client:
        await client.ping()
        reply_s = time.monotonic() - begun_s
        console.print(
            f"It answered after {reply_s * 1000:.0f} ms. Sending {clip.CLIP.name} through ZeroMQ: "
            "synthetic speech, made by flite."
        )
        stage = Stage(width=console.width)
        with _shown(stage, console, live=live):
            transcript = await client.transcribe(clip.CLIP, levels=True, on_event=stage.take)
            stage.end()
    console.print(*_closing(stage, transcript, reply_s), sep="\n")


@contextmanager
def _shown(stage: Stage, console: Console, *, live: bool) -> Iterator[None]:
    """Draw while the block runs, or once at its end."""
    if live:
        with Live(stage, console=console, refresh_per_second=15):
            yield
        return
    yield
    console.print(stage)


def _closing(stage: Stage, transcript: Transcript, reply_s: float) -> list[RenderableType]:
    return [
        Rule("every word with its time", style="dim"),
        word_table([word for segment in transcript.segments for word in segment.words]),
        Rule("what was said, what was heard", style="dim"),
        comparison(clip.reference(), transcript.text),
        Rule("how long it took", style="dim"),
        figures(stage, transcript, reply_s),
        *(Text(notice, style="yellow") for notice in transcript.notices),
    ]


def waveform(levels: Sequence[Level], total_s: float, width: int) -> Text:
    """The recording in `width` columns, as loud as the loudest bin in each; speech is green.

    Level events that were dropped on the way, and the future, are blank.
    """
    loudest = [0.0] * width
    speech = [False] * width
    for level in levels:
        for i, (peak, chance) in enumerate(zip(level.peak, level.speech, strict=True)):
            column = min(int((level.start_s + i * level.bin_s) / total_s * width), width - 1)
            loudest[column] = max(loudest[column], peak)
            speech[column] |= chance >= SPEECH
    rows = [_bars(loudest, speech, row) for row in reversed(range(ROWS))]
    return Text("\n").join(rows)


def _bars(loudest: Sequence[float], speech: Sequence[bool], row: int) -> Text:
    """One row of the bars, counted from below."""
    text = Text(no_wrap=True)
    eighths = len(BARS) - 1
    for peak, is_speech in zip(loudest, speech, strict=True):
        height = round(peak * ROWS * eighths) - row * eighths
        text.append(BARS[min(max(height, 0), eighths)], "green" if is_speech else "dim")
    return text


def segment_table(segments: Sequence[Segment]) -> Table:
    """When, and what."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    for each in segments:
        table.add_row(f"{each.start_s:.1f} - {each.end_s:.1f} s", Text(each.text))
    return table


def word_table(words: Sequence[Word]) -> RenderableType:
    """Words with start, end and confidence, in columns that are read downwards."""
    n_rows = max(-(-len(words) // WORD_COLUMNS), 1)
    columns = [words[at : at + n_rows] for at in range(0, len(words), n_rows)]
    return Columns([_word_column(column) for column in columns], padding=(0, 3))


def _word_column(words: Sequence[Word]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("word", min_width=9)
    for name in ("start s", "end s", "sure"):
        table.add_column(name, justify="right")
    for word in words:
        sure = "" if word.confidence is None else f"{word.confidence:.0%}"
        table.add_row(Text(word.text, "bold"), f"{word.start_s:.2f}", f"{word.end_s:.2f}", sure)
    return table


def comparison(said: str, heard: str) -> RenderableType:
    """Both texts, words that differ in red, and the error rate."""
    wanted, got = clip.words_of(said), clip.words_of(heard)
    matcher = SequenceMatcher(a=wanted, b=got, autojunk=False)
    said_line, heard_line = Text("said:  ", "cyan"), Text("heard: ", "cyan")
    for kind, a, b, c, d in matcher.get_opcodes():
        style = "" if kind == "equal" else "bold red"
        said_line.append(" ".join(wanted[a:b]) + " " * (b > a), style or "default")
        heard_line.append(" ".join(got[c:d]) + " " * (d > c), style or "default")
    rate = clip.word_error_rate(said, heard)
    verdict = f"word error rate {rate:.1%}: {round(rate * len(wanted))} of {len(wanted)} words"
    return Group(said_line, heard_line, verdict)


def figures(stage: Stage, transcript: Transcript, reply_s: float) -> RenderableType:
    """How long everything took, and how that compares with the length of the clip."""
    timings = transcript.timings
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("start of the process to first reply", f"{reply_s * 1000:.0f} ms")
    table.add_row("request to first text, engine start included", f"{stage.first_text_s:.2f} s")
    table.add_row("request to last word", f"{stage.ended_s:.2f} s")
    table.add_row(
        "real-time factor of the engine",
        f"{timings.decode_s / timings.audio_s:.2f} "
        f"({timings.decode_s:.2f} s for {timings.audio_s:.1f} s of audio)",
    )
    table.add_row("engine", transcript.engine)
    return table
