#!/bin/sh
# Every layer on the virtual GPU against the reference's tensors, in bf16: nano's cases with pictures, videos and a
# padded batch on sm_80, and those without the long text on sm_120; true widths (one layer) and 16 query heads a
# key head by synthetic checkpoints.
# usage: parity.sh PTXVM GLIMPSE MAKE_CHECKPOINT DATA
set -eu
ptxvm=$1 glimpse=$2 make_checkpoint=$3 data=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compare() {  # ARCH MODEL GOLDEN [--case NAME]
  arch=$1 model=$2 golden=$3
  shift 3
  echo "$arch $golden $*"
  "$ptxvm" --arch "$arch" "$glimpse" parity -m "$model" --golden "$golden" --dtype bf16 --device cuda --quiet "$@"
}

compare sm_80 "$data/nano" "$data/golden/cases"
compare sm_80 "$data/nano" "$data/golden/video" --case two_videos
for name in scene batch text_only; do compare sm_120 "$data/nano" "$data/golden/cases" --case "$name"; done
for name in gqa16 wide; do
  golden="$data/golden/synthetic/$name"
  "$make_checkpoint" --config "$golden/config.json" --like "$data/nano" --seed 1 --out "$work/$name"
  compare sm_80 "$work/$name" "$golden/cases"
done
