"""What is downloaded of a model, settled at the start and kept beside it.

The plan is the lock file of a download: one commit, and the size and hash of each file. A
download that is resumed goes by it, so that files of two revisions never meet. A file is
what its hash says, so parts of it that came from one source are good for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sidecar.errors import ChecksumError, DownloadError
from sidecar.model_store.catalogue import CatalogueEntry
from sidecar.model_store.names import check_names
from sidecar.model_store.sources import Listing, RemoteFile, Source

FILE = "plan.json"
WANTED = (".json", ".txt", ".safetensors")  # of a checkpoint; the rest is for other programs
MAX_BYTES = 4 << 20


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to download; it has a SHA-256 or, if git itself holds it, a SHA-1 as a blob."""

    name: str
    bytes: Annotated[int, Meta(ge=0, le=2**50)]
    sha256: str = ""
    git_oid: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is downloaded, and from where. A later version has another number."""

    version: Literal[1] = 1
    source: str
    repo: str
    revision: str
    files: tuple[PlannedFile, ...]

    def __post_init__(self) -> None:
        check_names([file.name for file in self.files])

    @property
    def n_bytes(self) -> int:
        """How much that is in all."""
        return sum(file.bytes for file in self.files)


# Made here: msgspec crashes where two threads are the first to decode a type.
_DECODER = msgspec.json.Decoder(Plan)


def make_plan(entry: CatalogueEntry, source: Source, listing: Listing | None) -> Plan:
    """Settle what to download, from what the catalogue says and what the source has.

    Raises:
        ChecksumError: the source has other files than the catalogue, or unsafe names.
        DownloadError: the source lacks a file, or nobody knows the hashes.
    """
    if entry.files:
        if listing is not None:
            _check_against(entry, {file.name: file for file in listing.files})
        files = [
            PlannedFile(name=file.name, bytes=file.bytes, sha256=file.sha256)
            for file in entry.files
        ]
    else:
        files = [_planned(file) for file in listing.files if _wanted(file)] if listing else []
    if not files:
        raise DownloadError("The source does not say what it has: choose another source.")
    try:
        return Plan(
            source=source.name,
            repo=entry.repo,
            revision=listing.revision if listing else entry.revision,
            files=tuple(sorted(files, key=lambda file: file.bytes)),  # what fails fails early
        )
    except ValueError as error:
        raise ChecksumError(
            "The source lists files with names that are not safe: choose another source.",
            detail="names",
        ) from error


def read_plan(folder: Path) -> Plan | None:
    """The plan in `folder`, or None where there is none that can be used."""
    try:
        with (folder / FILE).open("rb") as file:
            return _DECODER.decode(file.read(MAX_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None


def write_plan(folder: Path, plan: Plan) -> None:
    """Put the plan in place in one step.

    Raises:
        OSError: it cannot be written.
    """
    fresh = folder / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.encode(plan))
    fresh.replace(folder / FILE)


def discard_plan(folder: Path) -> None:
    """Forget the plan, so that the next download asks the source anew."""
    with suppress(FileNotFoundError):
        (folder / FILE).unlink()


def _check_against(entry: CatalogueEntry, listed: Mapping[str, RemoteFile]) -> None:
    for pinned in entry.files:
        file = listed.get(pinned.name)
        if file is None:
            raise DownloadError(
                "The source does not have all files of this model: choose another source."
            )
        if file.n_bytes != pinned.bytes or (file.sha256 and file.sha256 != pinned.sha256):
            raise ChecksumError(
                "The source has another file than was published: choose another source.",
                detail=pinned.name,
            )


def _planned(file: RemoteFile) -> PlannedFile:
    if not file.sha256 and not file.git_oid:
        raise DownloadError("The source does not tell the hashes of files: choose another source.")
    return PlannedFile(name=file.name, bytes=file.n_bytes, sha256=file.sha256, git_oid=file.git_oid)


def _wanted(file: RemoteFile) -> bool:
    return PurePosixPath(file.name).suffix in WANTED
