#!/bin/sh
# Builds llama-cpp-python for this machine and prints where the wheel is: llama_cpp ships as source.
#
#   build_wheel.sh PYTHON
#
# A build takes two to six minutes on two cores, so the wheel is kept outside the checkout
# and built again only when the lock, this script, Python or the processor change.
set -eu
python=$1
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/../../requirements/llama.txt

processor=$(uname -m; sed -n '/^\(flags\|Features\)/{p;q;}' /proc/cpuinfo 2>/dev/null || true)
key=$({ cat "$lock" "$0" "$here/trim.cmake"; "$python" -V; echo "$processor"; } | cksum | cut -d' ' -f1)
house=${SOTTO_WHEELHOUSE:-${XDG_CACHE_HOME:-$HOME/.cache}/sotto/wheels}/$key

if ! ls "$house"/*.whl >/dev/null 2>&1; then
    echo "Building llama.cpp for this machine, once; it takes a few minutes ..." >&2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # Left out: multimodal and download code, and what only a C++ program would use. llama.cpp's
    # own threads yield to other programs, OpenMP's spin. pip would keep a wheel of other flags.
    CMAKE_ARGS="-DLLAVA_BUILD=OFF -DLLAMA_OPENSSL=OFF -DGGML_OPENMP=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=$here/trim.cmake ${CMAKE_ARGS:-}" \
    SKBUILD_WHEEL_EXCLUDE="lib/**;include/**;bin/**" \
    CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN)} \
        "$python" -m pip wheel --quiet --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --no-binary llama-cpp-python -r "$lock" -w "$work" >&2
    mkdir -p "$house"
    mv "$work"/*.whl "$house"/ # only a wheel that is complete gets there
fi
ls "$house"/*.whl
