#!/bin/sh
# Installs what the build needs and this machine lacks, from Debian (or Ubuntu) packages; with the word "tests" also the
# disassembler of the tests of machine code, which are skipped without it. Run it as often as you like.
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = tests ] && command -v nvcc >/dev/null && ! command -v nvdisasm >/dev/null &&
   ! [ -x build/python/nvidia/cu13/bin/nvdisasm ]; then
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install -q --disable-pip-version-check --target build/python \
    nvidia-cuda-nvdisasm ||
    echo "setup: no nvdisasm from PyPI (nvidia-cuda-nvdisasm); the tests of machine code will be skipped"
fi

packages="g++ cmake ninja-build pkg-config ccache libdnnl-dev nlohmann-json3-dev libcli11-dev libstb-dev
libjpeg62-turbo-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libcurl4-openssl-dev libpcre2-dev libedit-dev
libbenchmark-dev libgtest-dev libzstd-dev python3"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this system has no apt; install the counterparts of these packages by hand: $packages" >&2
  exit 1
fi

missing=""
for package in $packages; do
  state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing="$missing $package"
done
# Ubuntu's name of the same library.
case "$missing" in
  *libjpeg62-turbo-dev*)
    if dpkg-query -W -f '${Status}' libjpeg-turbo8-dev 2>/dev/null | grep -q "install ok installed"; then
      missing=$(echo "$missing" | sed 's/libjpeg62-turbo-dev//')
    fi ;;
esac
if [ -z "$(echo "$missing" | tr -d ' ')" ]; then
  echo "setup: everything is installed"
  exit 0
fi

root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root, or install sudo; missing:$missing" >&2; exit 1; }
  root=sudo
fi
echo "setup: installing$missing"
$root apt-get update -q
if ! apt-cache show libjpeg62-turbo-dev >/dev/null 2>&1; then
  missing=$(echo "$missing" | sed 's/libjpeg62-turbo-dev/libjpeg-turbo8-dev/')
fi
# shellcheck disable=SC2086  # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
echo "setup: done"
