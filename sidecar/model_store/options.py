"""How the store asks sources and treats the disk."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How sources are asked.

    Attributes:
        connections: requests that run at once.
        stall_s: how long a source may say nothing before it counts as gone.
        connect_s: how long it may take to be reached.
        waits_s: how long to wait after each failure in a row; after the last one we give up.
        longest_wait_s: the longest that a source may ask us to wait before we give up.
    """

    connections: int = 4
    stall_s: float = 30.0
    connect_s: float = 10.0
    waits_s: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    longest_wait_s: float = 60.0


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How models are brought here.

    Attributes:
        web: how sources are asked.
        source: where models come from unless a call says otherwise; "" for the catalogue's own.
        hf_token: shown to Hugging Face's hub, or another one that was named, and nobody else.
        spare_bytes: room on the disk that is left to others.
        libraries: what converting and running a model needs. Without one of them nothing is
            downloaded.
    """

    web: WebOptions = WebOptions()
    source: str = ""
    hf_token: str = field(default="", repr=False)
    spare_bytes: int = 256 << 20
    libraries: tuple[str, ...] = ()
