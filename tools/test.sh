#!/bin/sh
# Sets up, builds and tests. tools/test.sh [preset]: by default "dev" where there is nvcc, else "cpu". The last line is
# "N passed, N failed"; the exit status is 0 only if none failed and some passed.
set -eu
cd "$(dirname "$0")/.."

[ -x /usr/local/cuda/bin/nvcc ] && PATH="$PATH:/usr/local/cuda/bin"
if [ $# -ge 1 ]; then preset=$1
elif command -v nvcc >/dev/null; then preset=dev
else preset=cpu
fi

sh tools/setup.sh tests
echo "test: preset $preset"
cmake --preset "$preset"
cmake --build --preset "$preset"

# Shown as it comes. The status of a pipe is that of its last command, so ctest's goes through a file.
log="build/$preset/ctest.log"
{ ctest --preset "$preset" 2>&1 && echo 0 >"$log.status" || echo $? >"$log.status"; } | tee "$log"
# ctest says: "100% tests passed, 0 tests failed out of 7".
summary=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$log" | tail -n 1)
failed=${summary% *}
total=${summary#* }
if [ -z "$summary" ]; then
  echo "0 passed, 1 failed"
  exit 1
fi
echo "$((total - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$total" -gt 0 ] && [ "$(cat "$log.status")" -eq 0 ]
