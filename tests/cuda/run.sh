#!/bin/sh
# The whole model on the virtual GPU: the greedy answer about a picture is the processor's.
# usage: run.sh PTXVM GLIMPSE DATA
set -eu
ptxvm=$1 glimpse=$2 data=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
set -- run -m "$data/nano" --image "$data/rocket.jpg" -p "Describe the picture." --temperature 0
"$glimpse" "$@" --device cpu > "$work/cpu"
"$ptxvm" --check mem,init "$glimpse" "$@" --device cuda > "$work/cuda"
test -s "$work/cpu"
diff "$work/cpu" "$work/cuda"
