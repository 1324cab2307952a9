#!/bin/sh
# Sets up, builds the program and lets it describe a photograph with the small checkpoint of the repository. Arguments go to
# `glimpse run` instead of the question, for example: tools/demo.sh --image mine.jpg -p "What is this?" --stats
set -eu
cd "$(dirname "$0")/.."

sh tools/setup.sh
cmake --preset cpu
cmake --build --preset cpu --target glimpse_cli
[ $# -gt 0 ] || set -- --image tests/data/rocket.jpg -p "Describe the picture."
echo "demo: build/cpu/bin/glimpse run -m tests/data/nano $*"
build/cpu/bin/glimpse run -m tests/data/nano "$@"
