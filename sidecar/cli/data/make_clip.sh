#!/bin/sh
# Makes demo.flac from demo.txt: each line is a sentence, read by flite's voice "rms".
# Needs Debian's packages flite and sox. Run it from anywhere; it writes beside itself.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

n=0
while IFS= read -r sentence; do
    n=$((n + 1))
    flite -voice rms -t "$sentence" -o "$work/$n.wav"
    # A pause after each sentence, so that the endpointer has something to find.
    sox -D "$work/$n.wav" -r 16000 -c 1 -b 16 "$work/padded-$n.wav" pad 0.3 0.6
done <"$here/demo.txt"

# -R: the same bytes on every run.
sox -R -D "$work"/padded-*.wav -C 8 "$here/demo.flac" norm -3
