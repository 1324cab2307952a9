#!/bin/sh
# Sets up, builds the program and lets it describe a photograph with the small checkpoint of the repository. Arguments go to
# `glimpse run` instead of the question, for example: tools/demo.sh --image mine.jpg -p "Describe the picture." --stats
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

(
  cd "$root"
  sh tools/setup.sh
  cmake --preset cpu
  cmake --build --preset cpu --target glimpse_cli bench_ops bench_model make_checkpoint
)
[ $# -gt 0 ] || set -- --image "$root/tests/data/rocket.jpg" -p "Describe the picture."
echo "demo: $root/build/cpu/bin/glimpse run -m $root/tests/data/nano $*"
"$root/build/cpu/bin/glimpse" run -m "$root/tests/data/nano" "$@"
