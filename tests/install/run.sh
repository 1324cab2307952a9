#!/bin/sh
# run.sh BUILD_DIR: installs that build to a temporary prefix, builds the outside project against it, runs its program
# with its plugin, and the generic test on the plugin's variant where the test program was built.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cmake --install "$build" --prefix "$place/prefix" >"$place/install.log"
# Who built the program alone installs it alone: the benchmarks' rules, of binaries that are not there.
sed "s|$build/bin/|$place/none/|g" "$build/bench/cmake_install.cmake" >"$place/bench.cmake"
cmake -DCMAKE_INSTALL_PREFIX="$place/none" -P "$place/bench.cmake" >"$place/bench.log" 2>&1 ||
  { cat "$place/bench.log"; echo "cmake --install fails where the benchmarks are not built"; exit 1; }
cmake -S "$here" -B "$place/build" -DCMAKE_PREFIX_PATH="$place/prefix" -DCMAKE_BUILD_TYPE=Release \
  >"$place/configure.log" || { cat "$place/configure.log"; exit 1; }
cmake --build "$place/build"
"$place/build/outside" "$place/build/mine.so"
# The model with the plugin's variant at every site of its op; an unused rule would be an error.
ask() { "$place/prefix/bin/glimpse" run -m "$here/../data/nano" -p "What is 2 plus 3?" --temperature 0 "$@"; }
plain=$(ask)
own=$(ask --plugin "$place/build/mine.so" --kernel linear_swiglu=split --kernel swiglu=mine)
[ "$own" = "$plain" ] || { echo "with the plugin the model answers \"$own\", without it \"$plain\""; exit 1; }
if [ -x "$build/bin/glimpse_tests" ]; then
  "$build/bin/glimpse_tests" --plugin="$place/build/mine.so" --gtest_filter='ops/*.mine/*' --gtest_brief=1 \
    >"$place/tests.log" 2>&1 || { cat "$place/tests.log"; exit 1; }
  grep -q 'PASSED  \] [1-9]' "$place/tests.log" ||
    { cat "$place/tests.log"; echo "the plugin's variant was not tested"; exit 1; }
fi
