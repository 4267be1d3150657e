"""What is known of a model: what it is, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from sidecar.model_store.catalogue import CatalogueEntry
    from sidecar.model_store.manifest import Manifest

State: TypeAlias = Literal["available", "partial", "installing", "installed", "damaged"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model that is installed, or can be.

    Attributes:
        id: its name, and that of its engine.
        name: its name for people.
        family: which kind of engine runs it.
        languages: BCP 47 tags it understands; empty where that is not known.
        licence: SPDX identifier.
        streaming: it can be dictated to live.
        state: "partial" if some of its download is here, "installing" while somebody is at
            it, "damaged" if it is installed and cannot be used.
        download_bytes: size of the checkpoint; 0 where that is not known.
        here_bytes: how much of that download is here.
        installed_bytes: size on disk, estimated until it is installed.
        ram_bytes: memory it needs while in use, estimated until it is installed.
        sources: where it can be had, the best first; none for a model that was imported.
    """

    id: str
    name: str
    family: str
    languages: tuple[str, ...]
    licence: str
    streaming: bool
    state: State
    download_bytes: int
    here_bytes: int
    installed_bytes: int
    ram_bytes: int
    sources: tuple[str, ...]


def of_entry(entry: CatalogueEntry, progress: tuple[State, int]) -> ModelStatus:
    """A model that is not installed, with its state and how much of its download is here."""
    state, here = progress
    return ModelStatus(
        id=entry.id,
        name=entry.name,
        family=entry.family,
        languages=entry.languages,
        licence=entry.licence,
        streaming=entry.streaming,
        state=state,
        download_bytes=entry.download_bytes,
        here_bytes=here,
        installed_bytes=entry.installed_bytes,
        ram_bytes=entry.ram_bytes,
        sources=entry.sources,
    )


def of_manifest(found: Manifest, entry: CatalogueEntry | None) -> ModelStatus:
    """A model that is installed, whether the catalogue has it or not."""
    return ModelStatus(
        id=found.id,
        name=found.name,
        family=found.family,
        languages=found.languages,
        licence=found.licence,
        streaming=found.alignment is None,
        state="installed",
        download_bytes=entry.download_bytes if entry else 0,
        here_bytes=0,
        installed_bytes=found.total_bytes,
        ram_bytes=found.ram_bytes,
        sources=entry.sources if entry else (),
    )


def of_damaged(model: str, entry: CatalogueEntry | None) -> ModelStatus:
    """What is known of a model whose manifest cannot be used."""
    return ModelStatus(
        id=model,
        name=entry.name if entry else model,
        family=entry.family if entry else "unknown",
        languages=entry.languages if entry else (),
        licence=entry.licence if entry else "unknown",
        streaming=bool(entry and entry.streaming),
        state="damaged",
        download_bytes=entry.download_bytes if entry else 0,
        here_bytes=0,
        installed_bytes=entry.installed_bytes if entry else 0,
        ram_bytes=entry.ram_bytes if entry else 0,
        sources=entry.sources if entry else (),
    )
