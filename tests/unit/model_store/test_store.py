"""Models come, are checked and go; whatever happens meanwhile, none is ever half there."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar import errors
from sidecar.host.rundir import FileLock
from sidecar.model_store import manifest
from sidecar.model_store.manifest import Manifest, read_manifest
from sidecar.model_store.options import StoreOptions
from sidecar.model_store.store import ModelStore
from tests.unit.model_store.converter import make_model
from tests.unit.model_store.hub import (
    COMMIT,
    REPO,
    TOKEN,
    Hub,
    Told,
    send_to,
    stall_after,
    status,
)
from tests.unit.model_store.stores import (
    CHECKOUT,
    CHECKPOINT,
    CONVERTER,
    MODEL,
    QUICK,
    WEIGHTS,
    entry,
    store,
)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub({**CHECKPOINT, "README.md": b"# Tiny"}) as hub:
        yield hub


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name, content in CHECKPOINT.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def find_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the converter's process import the sidecar from this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))


def assert_installed(models: ModelStore, tmp_path: Path, model: str = MODEL) -> None:
    assert dict(models.installed()) == {model: tmp_path / "models" / model}
    weights = (tmp_path / "models" / model / "stem.onnx").read_bytes()
    assert weights == b"stem.onnx" + WEIGHTS
    assert list((tmp_path / "models" / ".work").iterdir()) == []


@pytest.mark.parametrize("pins", [True, False])
@pytest.mark.parametrize("kind", ["hf+", "modelscope+"])
async def test_a_model_is_downloaded_converted_checked_and_there(
    hub: Hub, tmp_path: Path, kind: str, pins: bool
) -> None:
    told = Told()
    models = store(tmp_path, entry(kind + hub.url, pins=pins))

    found = await models.install(MODEL, told)

    assert_installed(models, tmp_path)
    manifest = read_manifest(tmp_path / "models" / MODEL)
    assert (manifest.id, manifest.name, manifest.licence) == (MODEL, "Tiny ASR", "Apache-2.0")
    assert manifest.languages == ("en", "zh")
    assert manifest.source.repo == REPO
    assert manifest.source.revision == (COMMIT if kind == "hf+" else "master")
    assert (found.state, found.ram_bytes) == ("installed", 12_345)
    phases = list(dict.fromkeys(event.phase for event in told.events))
    assert phases == ["listing", "downloading", "converting", "checking"]


async def test_a_plain_folder_will_do_where_the_catalogue_has_the_hashes(
    hub: Hub, tmp_path: Path
) -> None:
    models = store(tmp_path, entry(f"{hub.url}/folder"))

    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)


async def test_the_next_source_is_tried_where_one_fails(hub: Hub, tmp_path: Path) -> None:
    with Hub({}) as empty, Hub({**CHECKPOINT, "vocab.json": b"other..!"}) as wrong:
        sources = (f"hf+{empty.url}", f"hf+{wrong.url}", f"modelscope+{hub.url}")
        models = store(tmp_path, entry("", sources=sources))

        await models.install(MODEL, Told())

    assert_installed(models, tmp_path)


async def test_nothing_is_downloaded_that_cannot_be_converted(hub: Hub, tmp_path: Path) -> None:
    options = StoreOptions(web=QUICK, spare_bytes=0, libraries=("msgspec", "no_such_library"))
    models = store(tmp_path, entry(f"hf+{hub.url}"), options=options)

    with pytest.raises(errors.LoadFailedError, match="need no_such_library: run `make models`"):
        await models.install(MODEL, Told())

    assert hub.asked == []
    assert models.installed() == {}


async def test_where_to_get_it_can_be_chosen(hub: Hub, tmp_path: Path) -> None:
    other = entry("huggingface")
    settled = StoreOptions(web=QUICK, source=f"hf+{hub.url}", spare_bytes=0)

    by_setting = await store(tmp_path, other, options=settled).install(MODEL, Told())
    await store(tmp_path, other).remove(MODEL)
    by_call = await store(tmp_path, other).install(MODEL, Told(), source=f"hf+{hub.url}")

    assert (by_setting.state, by_call.state) == ("installed", "installed")


async def test_what_came_from_one_source_is_good_for_another(hub: Hub, tmp_path: Path) -> None:
    with Hub(CHECKPOINT) as first:
        first.tricks["model.safetensors"] = [stall_after(5000)]
        models = store(tmp_path, entry(f"hf+{first.url}"))
        installing = asyncio.ensure_future(models.install(MODEL, Told()))
        await asyncio.to_thread(first.stalled.acquire)
        installing.cancel()
        await asyncio.wait([installing])

    await models.install(MODEL, Told(), source=f"modelscope+{hub.url}")

    assert_installed(models, tmp_path)
    assert hub.spans("config.json") == []


async def test_a_token_goes_to_the_hub_that_it_is_for(hub: Hub, tmp_path: Path) -> None:
    options = StoreOptions(web=QUICK, hf_token=TOKEN, spare_bytes=0)
    with Hub(CHECKPOINT) as elsewhere:
        hub.tricks["model.safetensors"] = [send_to(elsewhere.url)]
        models = store(tmp_path, entry(f"hf+{hub.url}"), options=options)
        await models.install(MODEL, Told())
        await models.remove(MODEL)
        await models.install(MODEL, Told(), source=f"modelscope+{elsewhere.url}")

        assert {one.headers.get("authorization") for one in hub.asked} == {f"Bearer {TOKEN}"}
        assert {one.headers.get("authorization") for one in elsewhere.asked} == {None}
    assert TOKEN not in repr(options)


async def test_what_is_here_and_whole_is_left_as_it_is(hub: Hub, tmp_path: Path) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    await models.install(MODEL, Told())
    hub.asked.clear()
    told = Told()

    await models.install(MODEL, told)

    assert hub.asked == []
    assert {event.phase for event in told.events} == {"checking"}


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "manifest"])
async def test_installing_again_repairs_what_is_damaged(
    hub: Hub, tmp_path: Path, damage: str
) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    await models.install(MODEL, Told())
    path = tmp_path / "models" / MODEL / ("model.json" if damage == "manifest" else "decoder.gguf")
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(content[:99] if damage == "cut" else content)

    before = models.status(MODEL).state
    await models.install(MODEL, Told())

    assert before == ("installed" if damage == "flip" else "damaged")
    assert_installed(models, tmp_path)
    assert (await models.verify(MODEL, Told())).state == "installed"


async def test_a_flipped_bit_is_found_and_its_file_is_named(hub: Hub, tmp_path: Path) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    await models.install(MODEL, Told())
    told = Told()
    right = await models.verify(MODEL, told)
    path = tmp_path / "models" / MODEL / "encoder.onnx"
    content = bytearray(path.read_bytes())
    content[-1] ^= 0x80
    path.write_bytes(content)

    with pytest.raises(errors.ModelCorruptError) as caught:
        await models.verify(MODEL, Told())

    assert right.state == "installed"
    assert (told.events[-1].done, told.events[-1].total) == (right.installed_bytes,) * 2
    assert caught.value.detail == "encoder.onnx"


async def test_a_model_is_removed(hub: Hub, tmp_path: Path) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    found = await models.install(MODEL, Told())

    freed = await models.remove(MODEL)

    assert freed > found.installed_bytes
    assert models.installed() == {}
    assert models.status(MODEL).state == "available"
    with pytest.raises(errors.EngineMissingError):
        await models.remove(MODEL)
    with pytest.raises(errors.EngineMissingError):
        await models.verify(MODEL, Told())


async def test_what_has_come_of_a_model_is_shown_and_can_be_removed(
    hub: Hub, tmp_path: Path
) -> None:
    hub.tricks["model.safetensors"] = [status(404)]
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    with pytest.raises(errors.DownloadError):
        await models.install(MODEL, Told())

    found = models.status(MODEL)
    freed = await models.remove(MODEL)

    assert (found.state, found.here_bytes, found.download_bytes) == ("partial", 10, 2_500_010)
    assert freed >= 10
    assert models.status(MODEL).state == "available"


async def test_one_at_a_time_installs_a_model(hub: Hub, tmp_path: Path) -> None:
    hub.tricks["vocab.json"] = [stall_after(0)]
    models, others = store(tmp_path, entry(f"hf+{hub.url}")), store(tmp_path, entry("hf-mirror"))
    installing = asyncio.ensure_future(models.install(MODEL, Told()))
    await asyncio.to_thread(hub.stalled.acquire)

    seen = others.status(MODEL).state
    for change in (others.install(MODEL, Told()), others.remove(MODEL)):
        with pytest.raises(errors.BusyError, match="wait until"):
            await change
    installing.cancel()
    await asyncio.wait([installing])

    assert seen == "installing"
    assert others.status(MODEL).state == "partial"


HOLD = """
import sys
from pathlib import Path
from sidecar.host.rundir import FileLock
lock = FileLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def hold_elsewhere(lock: Path) -> subprocess.Popen[bytes]:
    """Another process that holds a lock until it is ended."""
    lock.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLD, str(lock)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


async def test_another_process_is_not_disturbed(hub: Hub, tmp_path: Path) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    with hold_elsewhere(tmp_path / "models" / ".locks" / MODEL) as holder:
        with pytest.raises(errors.BusyError):
            await models.install(MODEL, Told())
        holder.kill()

    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)


async def test_who_only_looks_does_not_keep_anybody_from_installing(
    hub: Hub, tmp_path: Path
) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    (tmp_path / "models" / ".locks").mkdir()
    look = FileLock(tmp_path / "models" / ".locks" / MODEL)
    asyncio.get_running_loop().call_later(0.03, look.release)

    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)


@pytest.mark.parametrize(
    ("mode", "error", "says"),
    [
        ("fail", errors.LoadFailedError, "shape is not known"),
        ("silent", errors.InternalError, "please report"),
        ("die", errors.OutOfMemoryError, "memory"),
        ("lie", errors.ModelCorruptError, "stem.onnx has changed"),
        ("aligner", errors.ModelCorruptError, "family qwen3-asr"),
    ],
)
async def test_a_conversion_that_fails_leaves_no_model(
    hub: Hub, tmp_path: Path, mode: str, error: type[Exception], says: str
) -> None:
    failing = store(tmp_path, entry(f"hf+{hub.url}"), mode=mode)
    with pytest.raises(error, match=says):
        await failing.install(MODEL, Told())
    assert failing.installed() == {}
    hub.asked.clear()

    models = store(tmp_path, entry(f"hf+{hub.url}"))
    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)
    assert hub.asked == []  # what had come was kept


async def test_a_cancelled_conversion_ends_its_process(hub: Hub, tmp_path: Path) -> None:
    models, told = store(tmp_path, entry(f"hf+{hub.url}"), mode="wait"), asyncio.Event()
    installing = asyncio.ensure_future(
        models.install(MODEL, lambda event: told.set() if event.done == 1 else None)
    )
    await told.wait()

    installing.cancel()
    await asyncio.wait([installing])

    assert installing.cancelled()
    assert models.installed() == {}
    assert converters(tmp_path) == []


def converters(folder: Path) -> list[str]:
    """Processes that run the converter for models below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
        except OSError:
            continue
        if str(CONVERTER) in command and str(folder) in command:
            found.append(command)
    return found


async def test_a_model_that_would_not_fit_is_not_begun(hub: Hub, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    options = StoreOptions(web=QUICK, spare_bytes=free + (1 << 30))
    models = store(tmp_path, entry(f"hf+{hub.url}"), options=options)

    with pytest.raises(errors.DiskFullError, match="GB are free: make room"):
        await models.install(MODEL, Told())

    assert hub.asked == []


INSTALL = f"""
import asyncio, resource, sys
from pathlib import Path
from sidecar.errors import SottoError
from sidecar.model_store.store import ModelStore
sys.path.insert(0, {str(CHECKOUT)!r})
from tests.unit.model_store.stores import entry, store
folder, source, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def show(event):
    print(event.phase, event.done, flush=True)
try:
    asyncio.run(store(folder, entry(source)).install({MODEL!r}, show))
except SottoError as error:
    print(error.kind, error.message)
"""


def install_elsewhere(folder: Path, source: str, limit: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", INSTALL, str(folder), source, str(limit)], stdout=subprocess.PIPE
    )


async def test_a_disk_that_fills_up_is_named_and_what_came_is_kept(
    hub: Hub, tmp_path: Path
) -> None:
    with install_elsewhere(tmp_path, f"hf+{hub.url}", limit=10_000) as full:
        said, _ = full.communicate(timeout=60)
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    here = models.status(MODEL).here_bytes

    await models.install(MODEL, Told())

    assert b"DISK_FULL The disk is full: make room and do it again" in said
    assert here >= 10
    assert_installed(models, tmp_path)


@pytest.mark.parametrize("at", ["listing 0", "downloading 0", "converting 0", "converting 1"])
async def test_a_killed_install_leaves_no_model_and_is_done_again(
    hub: Hub, tmp_path: Path, at: str
) -> None:
    with install_elsewhere(tmp_path, f"hf+{hub.url}") as killed:
        assert killed.stdout is not None
        while killed.stdout.readline().decode().strip() != at:
            assert killed.poll() is None
        killed.kill()
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    before = models.installed()

    await models.install(MODEL, Told())

    assert before == {}
    assert_installed(models, tmp_path)


def until_here(models: ModelStore, n_bytes: int, running: subprocess.Popen[bytes]) -> None:
    while models.status(MODEL).here_bytes < n_bytes:
        assert running.poll() is None
        time.sleep(0.01)


async def test_a_killed_download_is_resumed_within_a_file(hub: Hub, tmp_path: Path) -> None:
    hub.tricks["model.safetensors"] = [stall_after(2_200_000)]
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    with install_elsewhere(tmp_path, f"hf+{hub.url}") as killed:
        until_here(models, 2_000_000, killed)
        killed.kill()
    here = models.status(MODEL).here_bytes

    await models.install(MODEL, Told())

    assert 2_000_000 < here < 2_200_010
    assert hub.spans("model.safetensors")[-1] == f"bytes={here - 10}-{len(WEIGHTS) - 1}"
    assert [one.headers["if-range"] for one in hub.asked[3:]] == [hub.etag("model.safetensors")]
    assert_installed(models, tmp_path)


async def test_a_model_that_was_made_but_not_in_its_place_is_not_made_again(
    hub: Hub, tmp_path: Path, checkpoint: Path
) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"), mode="fail")
    made = tmp_path / "models" / ".work" / MODEL / "model"
    made.mkdir(parents=True)
    make_model(checkpoint, made, MODEL)

    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)
    assert hub.asked == []


async def test_what_a_killed_install_has_left_behind_a_whole_model_goes(
    hub: Hub, tmp_path: Path
) -> None:
    models = store(tmp_path, entry(f"hf+{hub.url}"))
    await models.install(MODEL, Told())
    left = tmp_path / "models" / ".work" / MODEL / "files"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(WEIGHTS)

    await models.install(MODEL, Told())

    assert_installed(models, tmp_path)


async def test_a_checkpoint_that_is_here_already_is_imported(
    tmp_path: Path, checkpoint: Path
) -> None:
    models = store(tmp_path, entry("huggingface"))

    found = await models.bring(checkpoint, Told())

    assert_installed(models, tmp_path)
    assert (found.id, found.name) == (MODEL, "Tiny ASR")
    assert {path.name for path in checkpoint.iterdir()} == set(CHECKPOINT)


async def test_a_checkpoint_that_is_not_the_published_one_needs_a_name_of_its_own(
    tmp_path: Path, checkpoint: Path
) -> None:
    models = store(tmp_path, entry("huggingface"))
    (checkpoint / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"?")

    with pytest.raises(errors.ChecksumError) as caught:
        await models.bring(checkpoint, Told())
    found = await models.bring(checkpoint, Told(), "my-own")

    assert caught.value.detail == "model.safetensors"
    assert (found.id, found.name, found.sources) == ("my-own", "Converted", ())
    assert set(models.installed()) == {"my-own"}


async def test_an_unknown_checkpoint_needs_a_name(tmp_path: Path, checkpoint: Path) -> None:
    (checkpoint / "vocab.json").write_bytes(b"{}")
    models = store(tmp_path, entry("huggingface"))

    with pytest.raises(errors.InvalidParamsError, match="what to call it") as caught:
        await models.bring(checkpoint, Told())

    assert caught.value.detail == "/model"


async def test_a_model_that_was_installed_elsewhere_is_imported(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    there = store(tmp_path / "there", entry(f"hf+{hub.url}"))
    await there.install(MODEL, Told())
    folder = there.installed()[MODEL]
    models = store(tmp_path)

    found = await models.bring(folder, Told(), "copy")
    again = await store(tmp_path / "there").bring(folder, Told(), "copy")

    assert_installed(models, tmp_path, "copy")
    assert (found.id, found.name, again.state) == ("copy", "Tiny ASR", "installed")


async def test_a_damaged_model_is_not_imported(tmp_path: Path, checkpoint: Path) -> None:
    make_model(checkpoint, checkpoint, "some-model")
    content = bytearray((checkpoint / "decoder.gguf").read_bytes())
    content[50] ^= 4
    (checkpoint / "decoder.gguf").write_bytes(content)
    models = store(tmp_path)

    with pytest.raises(errors.ModelCorruptError) as caught:
        await models.bring(checkpoint, Told())

    assert caught.value.detail == "decoder.gguf"
    assert models.installed() == {}


async def test_what_is_imported_replaces_nothing(tmp_path: Path, checkpoint: Path) -> None:
    models = store(tmp_path, entry("huggingface"))
    await models.bring(checkpoint, Told())

    with pytest.raises(errors.InvalidParamsError, match="remove it"):
        await models.bring(checkpoint, Told())


async def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    models = store(tmp_path)

    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(errors.InvalidParamsError) as caught:
            await models.bring(folder, Told())
        assert caught.value.detail == "/path"
        assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("name", ["../x", "Upper", "", "a/b", ".work"])
async def test_a_name_that_is_none_is_refused(tmp_path: Path, checkpoint: Path, name: str) -> None:
    models = store(tmp_path)

    with pytest.raises((errors.InvalidParamsError, errors.EngineMissingError)):
        await models.remove(name)
    with pytest.raises(errors.EngineMissingError):
        await models.install(name, Told())
    with pytest.raises(errors.InvalidParamsError):
        await models.bring(checkpoint, Told(), name)

    assert models.installed() == {}
    assert checkpoint.exists()


def test_models_are_listed_with_what_is_installed_beside_the_catalogue(
    tmp_path: Path, checkpoint: Path
) -> None:
    models = store(tmp_path, entry("huggingface"), entry("hf-mirror", id="other", name="Other"))
    for name in ("own-1", "broken"):
        (tmp_path / "models" / name).mkdir()
        make_model(checkpoint, tmp_path / "models" / name, name)
    (tmp_path / "models" / "broken" / "model.json").write_text("{")
    (tmp_path / "models" / "empty").mkdir()
    (tmp_path / "models" / "Not-A-Name").mkdir()

    found = {each.id: each.state for each in models.models()}
    named = [each.id for each in models.models("TINY asr")]
    spoken = [each.id for each in models.models(language="zh-TW")]

    assert found == {
        MODEL: "available",
        "other": "available",
        "broken": "damaged",
        "own-1": "installed",
    }
    assert (named, spoken) == ([MODEL], [MODEL, "other"])
    assert list(models.installed()) == ["broken", "own-1"]


def test_a_model_that_somebody_removes_meanwhile_is_not_listed(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = store(tmp_path, entry("huggingface"))
    for name in ("own-1", "own-2"):
        (tmp_path / "models" / name).mkdir()
        make_model(checkpoint, tmp_path / "models" / name, name)

    def read(folder: Path) -> Manifest:
        shutil.rmtree(tmp_path / "models" / "own-2", ignore_errors=True)
        return read_manifest(folder)

    monkeypatch.setattr(manifest, "read_manifest", read)

    assert [each.id for each in models.models()] == [MODEL, "own-1"]


def test_a_store_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    models = store(tmp_path, entry("huggingface"))
    (tmp_path / "models").rmdir()

    assert models.installed() == {}
    assert [each.state for each in models.models()] == ["available"]
