from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.convert.architecture import AudioShape, TextShape, read_architecture
from sidecar.errors import LoadFailedError, ModelCorruptError
from tests.unit.checkpoints import Layout, original_config
from tests.unit.models import TinyModel, tiny_aligner, tiny_asr


def config_of(tiny: TinyModel, layout: Layout) -> dict[str, Any]:
    config = {**tiny.config, "architectures": [type(tiny.reference).__name__]}
    return config if layout == "transformers" else original_config(config)


def written(folder: Path, config: object) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("layout", ["original", "transformers"])
def test_both_layouts_say_the_same_of_a_model_that_writes_text(
    tmp_path: Path, layout: Layout
) -> None:
    folder = written(tmp_path, config_of(tiny_asr(), layout))

    model = read_architecture(folder)

    assert (model.family, model.layout, model.n_classes) == ("qwen3-asr", layout, 0)
    assert model.audio == AudioShape(
        n_mels=128, channels=16, width=64, layers=2, heads=4, ffn=128, out=96,
        frames_per_chunk=100, window_chunks=8,
    )  # fmt: skip
    assert (model.audio.tokens_per_chunk, model.audio.flat) == (13, 256)
    assert model.text == TextShape(
        width=96, layers=3, heads=4, kv_heads=2, head_dim=32, ffn=192, rows=320, rms_eps=1e-6,
        rope_theta=1e6, max_context=4096, tied=True,
    )  # fmt: skip


@pytest.mark.parametrize("layout", ["original", "transformers"])
def test_both_layouts_say_the_same_of_an_aligner(tmp_path: Path, layout: Layout) -> None:
    folder = written(tmp_path, config_of(tiny_aligner(n_classes=50), layout))

    model = read_architecture(folder)

    assert model.family == "qwen3-forced-aligner"
    assert (model.n_classes, model.class_ms, model.text.tied) == (50, 80, False)


def test_another_model_is_refused_with_what_is_supported(tmp_path: Path) -> None:
    folder = written(tmp_path, {"model_type": "whisper", "d_model": 384})

    with pytest.raises(LoadFailedError, match=r"'whisper'.*It runs Qwen3-ASR"):
        read_architecture(folder)


def test_a_folder_without_a_configuration_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(LoadFailedError, match=r"no config\.json"):
        read_architecture(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\xff", "[" * 100_000])
def test_a_configuration_that_is_none_is_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(ModelCorruptError) as raised:
        read_architecture(tmp_path)

    assert raised.value.detail == "config.json"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("audio_config", {"activation_function": "relu"}),
        ("text_config", {"hidden_act": "gelu"}),
        ("text_config", {"attention_bias": True}),
        ("text_config", {"use_sliding_window": True}),
        ("text_config", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6}}),
    ],
)
def test_what_no_published_model_does_is_not_guessed(
    tmp_path: Path, part: str, change: dict[str, Any]
) -> None:
    config = config_of(tiny_asr(), "transformers")
    config[part] = {**config[part], **change}

    with pytest.raises(LoadFailedError, match="which Sotto cannot run"):
        read_architecture(written(tmp_path, config))


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("audio_config", {"d_model": 63}),
        ("audio_config", {"output_dim": 64}),
        ("audio_config", {"n_window_infer": 150}),
        ("audio_config", {"encoder_layers": 0}),
        ("text_config", {"num_key_value_heads": 3}),
        ("text_config", {"head_dim": 31}),
        ("text_config", {"vocab_size": 1 << 60}),
        ("text_config", {"rms_norm_eps": 0}),
        ("text_config", {"hidden_size": "many"}),
    ],
)
def test_sizes_that_contradict_each_other_are_damage(
    tmp_path: Path, part: str, change: dict[str, Any]
) -> None:
    config = config_of(tiny_asr(), "transformers")
    config[part] = {**config[part], **change}

    with pytest.raises(ModelCorruptError) as raised:
        read_architecture(written(tmp_path, config))

    assert raised.value.detail == "config.json"


CONFIGS = [config_of(tiny_asr(), layout) for layout in ("original", "transformers")]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@given(st.sampled_from(CONFIGS), st.data())
def test_no_configuration_crashes_the_reader(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any], data: st.DataObject
) -> None:
    config = json.loads(json.dumps(config))
    part = config
    while isinstance(part[key := data.draw(st.sampled_from(sorted(part)))], dict):
        if not part[key] or data.draw(st.booleans()):
            break
        part = part[key]
    part[key] = data.draw(JSON)
    folder = written(tmp_path_factory.mktemp("config"), config)

    try:
        read_architecture(folder)
    except (ModelCorruptError, LoadFailedError) as error:
        told = error.message
    else:
        told = "It can be used."

    assert told.endswith(".")
