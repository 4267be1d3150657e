#!/bin/sh
# Compiles the hashed, universal lock files. They record no registry host, unlike uv.lock.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
        --python-version 3.11 --excludes requirements/excludes.txt \
        --custom-compile-command "make lock" "$@"
}
compile pyproject.toml requirements/silero.in --group build -o requirements/core.txt
compile -c requirements/core.txt pyproject.toml --extra convert --extra gguf \
    --no-emit-package llama-cpp-python -o requirements/models.txt
compile -c requirements/core.txt --no-deps --no-binary llama-cpp-python requirements/llama.in \
    -o requirements/llama.txt
compile -c requirements/core.txt -c requirements/models.txt --group lint --group test \
    -o requirements/dev.txt
compile -c requirements/core.txt -c requirements/models.txt -c requirements/dev.txt --group bench \
    -o requirements/bench.txt
