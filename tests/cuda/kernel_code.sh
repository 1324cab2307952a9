#!/bin/sh
# What the compilers make of the kernels: registers, shared memory and spills within the committed table.
# usage: kernel_code.sh PTXVM GLIMPSE PTXAS SOURCE CACHE
set -eu
ptxvm=$1 glimpse=$2 ptxas=$3 source=$4 cache=$5
"$ptxvm" --dump-ptx "$glimpse" kernels --device cuda > "$cache.ptx"
"$source/tools/kernel_budget" --ptx "$cache.ptx" --table "$source/kernels/resources.md" --cache "$cache" --ptxas "$ptxas"
