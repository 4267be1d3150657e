"""Fills in the bytes of the golden vectors.

A vector whose content can be said in JSON says it in `json` and `bin_hex`; its
`frames_hex` follow from them. They are made with msgpack alone, not with the sidecar's
codec, so that a fault of the codec cannot hide in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgpack
from loader import Json


def outputs(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every vector below `folder`, with the text it should have."""
    for path in sorted(folder.glob("*/*.json")):
        vector = json.loads(path.read_text("utf-8"))
        if "json" in vector:
            header = msgpack.packb(_sorted(vector["json"])).hex()
            vector["frames_hex"] = [header, *vector["bin_hex"]]
        yield path, json.dumps(vector, ensure_ascii=False, indent=2) + "\n"


def _sorted(node: Json) -> Json:
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    return [_sorted(item) for item in node] if isinstance(node, list) else node
