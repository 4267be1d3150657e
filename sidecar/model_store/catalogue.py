"""The models that can be installed: what each is, and exactly which files it is made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from sidecar.config import ENGINE_NAME, ConfigError
from sidecar.errors import EngineMissingError
from sidecar.model_store.names import check_names

BUILT_IN = Path(__file__).with_name("catalogue.toml")
MAX_BYTES = 1 << 20

ModelId = Annotated[str, Meta(pattern=rf"^{ENGINE_NAME.pattern}\Z")]
Tag = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", max_length=35)]
Bytes = Annotated[int, Meta(ge=0, le=2**50)]
_Text = Annotated[str, Meta(min_length=1, max_length=64)]
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"


class PinnedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a checkpoint: its name within it, its size and its SHA-256."""

    name: str
    bytes: Bytes
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class CatalogueEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that can be installed.

    Attributes:
        id: its name here, and that of its engine.
        name: its name for people.
        family: which kind of engine runs it.
        languages: BCP 47 tags it understands.
        streaming: it can be dictated to live.
        licence: SPDX identifier.
        installed_bytes: estimated size once it is converted.
        ram_bytes: estimated memory it needs while in use.
        repo: owner and name of its repository at the hubs.
        revision: commit (or branch) of that repository.
        sources: where to look for it, the best first.
        files: what to download. Empty: whatever of it the hub lists, with the hub's hashes.
    """

    id: ModelId
    name: _Text
    family: _Text
    languages: Annotated[tuple[Tag, ...], Meta(max_length=512)]
    streaming: bool
    licence: _Text
    installed_bytes: Bytes
    ram_bytes: Bytes
    repo: Annotated[str, Meta(pattern=rf"^{_WORD}/{_WORD}\Z")]
    revision: Annotated[str, Meta(pattern=rf"^{_WORD}\Z")] = "main"
    sources: Annotated[tuple[str, ...], Meta(min_length=1, max_length=16)] = ("huggingface",)
    files: Annotated[tuple[PinnedFile, ...], Meta(max_length=1024)] = ()

    def __post_init__(self) -> None:
        check_names([file.name for file in self.files])

    @property
    def download_bytes(self) -> int:
        """What is to be downloaded, as far as the catalogue knows."""
        return sum(file.bytes for file in self.files)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[CatalogueEntry, ...]


class Catalogue:
    """The entries by their id, in the order of the file."""

    def __init__(self, entries: tuple[CatalogueEntry, ...]) -> None:
        self.entries = {entry.id: entry for entry in entries}

    def find(self, model: str) -> CatalogueEntry:
        """The entry of that id.

        Raises:
            EngineMissingError: there is none.
        """
        try:
            return self.entries[model]
        except KeyError:
            raise EngineMissingError(
                "No model of that name is known. List those there are with: sotto models list"
            ) from None


def read_catalogue(path: Path = BUILT_IN) -> Catalogue:
    """Read a catalogue, a TOML file like `catalogue.toml` beside this module.

    Raises:
        ConfigError: it cannot be read, or says something that cannot be.
    """
    try:
        with path.open("rb") as file:
            found = msgspec.toml.decode(file.read(MAX_BYTES), type=_File)
    except OSError as error:
        raise ConfigError(
            f"The catalogue of models cannot be read ({error.strerror}):"
            " correct SOTTO_MODEL_CATALOGUE, or leave it out."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(
            f"The catalogue of models is not usable: {error}."
            " Correct the file that SOTTO_MODEL_CATALOGUE names, or leave it out."
        ) from error
    ids = [entry.id for entry in found.models]
    if len(set(ids)) < len(ids):
        raise ConfigError("The catalogue of models has two models of one id: rename one.")
    return Catalogue(found.models)


def matches(entry_text: str, languages: tuple[str, ...], query: str, language: str) -> bool:
    """Whether a model is what is looked for: by words of its id and name, and by language.

    >>> matches("qwen3-asr-0.6b Qwen3-ASR 0.6B", ("en", "zh"), "qwen 0.6", "en-GB")
    True
    >>> matches("qwen3-asr-0.6b Qwen3-ASR 0.6B", ("en", "zh"), "", "sw")
    False
    """
    text = entry_text.lower()
    primary = re.split("[-_]", language.lower())[0]
    spoken = not language or primary in {tag.partition("-")[0].lower() for tag in languages}
    return spoken and all(word in text for word in query.lower().split())
