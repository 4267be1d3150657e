"""Where models come from: hubs that list their files, and plain folders on the web.

huggingface | hf-mirror | modelscope      hubs that everybody knows
hf+https://host                           another hub with Hugging Face's interface
modelscope+https://host                   another one with ModelScope's
https://host/folder                       a folder that has the catalogue's files
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from sidecar.errors import DownloadError, InvalidParamsError
from sidecar.model_store.web import Web

MAX_FILES = 10_000
MAX_PAGES = 32
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/%-]*)?")

_Size = Annotated[int, Meta(ge=0, le=2**50)]
_Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Sha1 = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}\Z")]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as a source describes it; a hash that it does not give is empty.

    Attributes:
        sha256: of the content.
        git_oid: SHA-1 of the content as a git blob, for files that git itself holds.
    """

    name: str
    n_bytes: int
    sha256: str = ""
    git_oid: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository has at one commit, which `revision` names where the hub tells it."""

    revision: str
    files: tuple[RemoteFile, ...]


class Source(Protocol):
    """Somewhere that has models.

    Attributes:
        name: as it is spelled (see above).
        origin: scheme and host.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above

    @property
    def origin(self) -> str: ...  # noqa: D102

    async def listing(self, web: Web, repo: str, revision: str) -> Listing | None:
        """What it has of a repository, or None if it cannot tell.

        Raises:
            DownloadError, LicenceError: it does not have it, or not for us.
        """
        ...

    def url(self, repo: str, revision: str, name: str) -> str:
        """Where a file of that revision is."""
        ...


def source_named(name: str) -> Source:
    """The source that is spelled so.

    Raises:
        InvalidParamsError: none is.
    """
    known: dict[str, Source] = {
        "huggingface": _HUGGING_FACE,
        "hf-mirror": _HF_MIRROR,
        "modelscope": _MODELSCOPE,
    }
    if name in known:
        return known[name]
    kind, plus, address = name.rpartition("+")
    if _ADDRESS.fullmatch(address) and urlsplit(address).hostname:
        base = address.rstrip("/")
        if not plus:
            return WebFolder(name, base)
        if kind == "hf":
            return HuggingFace(name, base)
        if kind == "modelscope":
            return ModelScope(name, base)
    raise InvalidParamsError(
        "No source is called so: give huggingface, hf-mirror, modelscope, hf+https://HOST,"
        " modelscope+https://HOST, or the https address of a folder.",
        detail="/source",
    )


@dataclass(frozen=True, slots=True)
class _At:
    name: str
    base: str

    @property
    def origin(self) -> str:
        """Scheme and host."""
        return _origin(self.base)


class HuggingFace(_At):
    """Hugging Face's hub, or one that answers as it does."""

    __slots__ = ()

    async def listing(self, web: Web, repo: str, revision: str) -> Listing:
        """The tree of a commit; a branch is first asked for its commit."""
        api = f"{self.base}/api/models/{quote(repo)}"
        if not _COMMIT.fullmatch(revision):
            found, _ = await web.json(f"{api}/revision/{quote(revision, safe='')}")
            revision = _read(found, _HfRevision).sha
        files: list[RemoteFile] = []
        page = f"{api}/tree/{revision}?recursive=true"
        for _ in range(MAX_PAGES):
            content, page = await web.json(page)
            files += _hf_files(content)
            if not page or len(files) > MAX_FILES or _origin(page) != self.origin:
                break
        return Listing(revision, tuple(files))

    def url(self, repo: str, revision: str, name: str) -> str:
        """Answers itself for small files, and sends us elsewhere for large ones."""
        return f"{self.base}/{quote(repo)}/resolve/{quote(revision, safe='')}/{quote(name)}"


class ModelScope(_At):
    """ModelScope's hub, or one that answers as it does.

    Its repositories have commits of their own, so the catalogue's revision is not theirs;
    the hashes of the catalogue hold here too.
    """

    __slots__ = ()

    async def listing(self, web: Web, repo: str, _revision: str) -> Listing:
        """The files of the branch master, and its commit where the hub tells it."""
        query = "Revision=master&Recursive=true"
        found, _ = await web.json(f"{self.base}/api/v1/models/{quote(repo)}/repo/files?{query}")
        data = _read(found, _MsAnswer).data
        if data is None or not data.files:
            raise DownloadError("The source does not have this model: choose another source.")
        commit = data.latest_committer.id if data.latest_committer else ""
        return Listing(
            commit if _COMMIT.fullmatch(commit) else "master",
            tuple(
                RemoteFile(file.path, file.size, sha256=file.sha256)
                for file in data.files[:MAX_FILES]
                if file.type == "blob"
            ),
        )

    def url(self, repo: str, revision: str, name: str) -> str:
        """As its own client asks for it."""
        path = f"{self.base}/models/{quote(repo)}/resolve/{quote(revision, safe='')}"
        return f"{path}/{quote(name)}"


class WebFolder(_At):
    """A folder on the web that has the files of one model, and no list of them."""

    __slots__ = ()

    async def listing(self, _web: Web, _repo: str, _revision: str) -> None:
        """It cannot tell."""
        return

    def url(self, _repo: str, _revision: str, name: str) -> str:
        """Right below the folder."""
        return f"{self.base}/{quote(name)}"


_HUGGING_FACE = HuggingFace("huggingface", "https://huggingface.co")
_HF_MIRROR = HuggingFace("hf-mirror", "https://hf-mirror.com")
_MODELSCOPE = ModelScope("modelscope", "https://www.modelscope.cn")


class _HfRevision(msgspec.Struct):
    sha: _Sha1


class _HfLfs(msgspec.Struct):
    oid: _Sha256
    size: _Size


class _HfNode(msgspec.Struct):
    type: str
    path: str
    size: _Size = 0
    oid: _Sha1 | Literal[""] = ""
    lfs: _HfLfs | None = None


class _MsFile(msgspec.Struct, rename="pascal"):
    path: str
    type: str
    size: _Size = 0
    sha256: _Sha256 | Literal[""] = ""


class _MsCommitter(msgspec.Struct, rename="pascal"):
    id: str = ""


class _MsData(msgspec.Struct, rename="pascal"):
    files: tuple[_MsFile, ...] | None = None
    latest_committer: _MsCommitter | None = None


class _MsAnswer(msgspec.Struct, rename="pascal"):
    data: _MsData | None = None


def _hf_files(content: object) -> Iterator[RemoteFile]:
    for node in _read(content, tuple[_HfNode, ...]):
        if node.type != "file":
            continue
        if node.lfs is not None:
            yield RemoteFile(node.path, node.lfs.size, sha256=node.lfs.oid)
        else:
            yield RemoteFile(node.path, node.size, git_oid=node.oid)


def _read(content: object, wanted: type[T]) -> T:
    try:
        return msgspec.convert(content, wanted)
    except msgspec.ValidationError as error:
        raise DownloadError(
            "The source does not say what it has: choose another source."
        ) from error


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
