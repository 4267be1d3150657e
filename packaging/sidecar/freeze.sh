#!/bin/sh
# Makes the sidecar a folder that needs no Python: FOLDER/sotto, which the app carries along.
#
#   freeze.sh [FOLDER] [PYTHON]
#
# Nothing is taken from the checkout's own environment: the locks say what goes in. On
# Windows run it in Git Bash. The lock here is made anew with
#   uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
#       -c requirements/core.txt packaging/sidecar/requirements.in -o packaging/sidecar/requirements.txt
set -eu
cd "$(dirname "$0")/../.."
out=${1:-dist/sidecar}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${2:-python3}" -m venv "$work/venv"
python=$work/venv/bin/python
[ -x "$python" ] || python=$work/venv/Scripts/python.exe
install() { "$python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }

install --require-hashes -r requirements/core.txt
install --require-hashes -r requirements/models.txt
install --require-hashes -r packaging/sidecar/requirements.txt
# A build for this very processor would not start on an older one; wheels of both kinds are
# kept apart.
house=${SOTTO_WHEELHOUSE:-${XDG_CACHE_HOME:-$HOME/.cache}/sotto/wheels}/portable
install "$(SOTTO_WHEELHOUSE=$house CMAKE_ARGS=-DGGML_NATIVE=OFF packaging/llama/build_wheel.sh "$python")"
"$python" -m hatchling build --target wheel --directory "$work/wheel" >/dev/null
install "$work"/wheel/*.whl

# -P: the package of the checkout has no model of the voice detector; the wheel has.
"$python" -P -m PyInstaller --noconfirm --log-level WARN \
    --distpath "$out" --workpath "$work/build" packaging/sidecar/sotto.spec
# What is shipped has to work where nothing else is installed.
frozen() {
    env -i HOME="$work" PATH=/usr/bin:/bin SYSTEMROOT="${SYSTEMROOT:-}" "$out/sotto/sotto" "$@"
}
frozen demo
frozen doctor | tee "$work/doctor"
if grep -q "by loudness alone" "$work/doctor"; then
    echo "freeze.sh: the voice detector's model was left out" >&2
    exit 1
fi
