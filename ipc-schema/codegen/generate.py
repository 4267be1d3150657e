"""Writes every file that follows from the schema, or checks that each is current.

python ipc-schema/codegen/generate.py            write
python ipc-schema/codegen/generate.py --check    exit 1 and name what is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import loader
import markdown
import model
import python
import typescript
import vectors

SCHEMA = Path(__file__).parents[1]


def outputs(schema: model.Schema, root: Path) -> Iterator[tuple[Path, str]]:
    """Every generated file below the repository's root, with the text it should have."""
    yield root / "sidecar/protocol/messages.py", python.generate(schema)
    yield root / "electron-app/src/shared/protocol.ts", typescript.generate(schema)
    page = root / "docs/protocol.md"
    yield page, markdown.generate(schema, page.read_text("utf-8"))
    yield from vectors.outputs(SCHEMA / "vectors")


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    parser.add_argument("--schema", type=Path, default=SCHEMA, help="folder of protocol.json")
    options = parser.parse_args(arguments)
    try:
        wanted = list(outputs(loader.load(options.schema), SCHEMA.parent))
    except model.SchemaError as error:
        print(f"the schema is wrong: {error}", file=sys.stderr)
        return 1
    stale = [(path, text) for path, text in wanted if _read(path) != text]
    for path, text in stale:
        if options.check:
            print(f"{path.relative_to(SCHEMA.parent)} is stale; run {Path(__file__).name}")
        else:
            path.write_text(text, "utf-8", newline="\n")
    return 1 if options.check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
