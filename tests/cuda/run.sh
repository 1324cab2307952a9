#!/bin/sh
# The whole model on the virtual GPU: the greedy answers about a picture and a video are the processor's, those of a
# batch are those of single runs, a profile counts and shows no time.
# usage: run.sh PTXVM GLIMPSE DATA
set -eu
ptxvm=$1 glimpse=$2 data=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
on_cuda() { "$ptxvm" --check mem,init "$glimpse" "$@" --device cuda; }

set -- run -m "$data/nano" --image "$data/rocket.jpg" -p "Describe the picture." --temperature 0
"$glimpse" "$@" --device cpu > "$work/picture.cpu"
on_cuda "$@" --profile > "$work/picture" 2> "$work/profile"
test -s "$work/picture.cpu"
diff "$work/picture.cpu" "$work/picture"
grep -q "text.mlp" "$work/profile"
grep -q "a virtual device: calls and work, no times" "$work/profile"
if grep -q " ms " "$work/profile"; then echo "times of a virtual GPU"; exit 1; fi

# The library's product where it is asked for, in every layer; its stand-in here.
"$ptxvm" "$glimpse" "$@" --device cuda --kernel linear=cublaslt --profile > "$work/library" 2> "$work/profile"
diff "$work/picture.cpu" "$work/library"
grep -q "cublaslt" "$work/profile"

video="$data/golden/video/video/clip.mp4"
set -- run -m "$data/nano" --video "$video" -p "What happens in the video?" --temperature 0
"$glimpse" "$@" --device cpu > "$work/video.cpu"
on_cuda "$@" > "$work/video"
test -s "$work/video.cpu"
diff "$work/video.cpu" "$work/video"

cat > "$work/in.jsonl" << END
{"image": "$data/rocket.jpg", "prompt": "Describe the picture."}
{"video": 3, "prompt": "no such thing"}
{"video": "$video", "prompt": "What happens in the video?"}
END
if on_cuda batch -m "$data/nano" "$work/in.jsonl" --temperature 0 --context 512 -n 60 > "$work/out.jsonl" 2> "$work/err"; then
  echo "a bad line went unnoticed"; exit 1
fi
sed -n 's/.*"index":0.*"text":"\([^"]*\)".*/\1/p; s/.*"index":2.*"text":"\([^"]*\)".*/\1/p' "$work/out.jsonl" > "$work/texts"
cat "$work/picture" "$work/video" | diff - "$work/texts"
grep -q '"index":1.*"error"' "$work/out.jsonl"
