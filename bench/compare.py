#!/usr/bin/env python3
"""Compares glimpse with what one would use instead: transformers, and llama.cpp where its bench program is given.

Same weights, same prompt, same threads; the contestants take turns within each round (A B A B ...), so that what else
the machine does hits all of them. Printed are medians over the rounds, and ratios of each round's best rival to
glimpse's best, again the median. Example:

  build/cpu/bin/make_checkpoint --config CONFIG.json --like tests/data/nano --out /tmp/half
  bench/compare.py -m /tmp/half --plot compare.svg

The rivals live in a virtual environment of their own (--venv), which the first run fills.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = ["torch>=2.8", "torchvision", "transformers>=4.57,<5", "pillow", "matplotlib", "gguf"]
PHASES = ["vision", "prefill", "decode"]


def fail(sentence):
    sys.exit(f"compare.py: {sentence}")


def virtual_environment(place):
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
    if subprocess.run([python, "-c", "import torch, transformers, matplotlib, gguf"], capture_output=True).returncode:
        print(f"installing {', '.join(PACKAGES)} into {place} (some GB) ...", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


class Glimpse:
    """bench_model --once: a process a round."""

    def __init__(self, options, dtype):
        self.name = f"glimpse {dtype}"
        self.command = [options.bin / "bench_model", "-m", options.model, "--once", "--dtype", dtype, "--picture",
                        options.picture, "--tokens", str(options.tokens), "--new-tokens", str(options.new_tokens),
                        "--threads", str(options.threads)]

    def round(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode:
            fail(done.stderr.strip())
        return json.loads(done.stdout)

    def close(self):
        pass


class Transformers:
    """compare_transformers.py: one process, asked phase by phase."""

    def __init__(self, options, dtype):
        self.name = f"transformers {dtype}"
        width, height = options.picture.split("x")
        long_name = {"f32": "float32", "bf16": "bfloat16"}[dtype]
        self.process = subprocess.Popen(
            [options.python, HERE / "compare_transformers.py", options.model, long_name, str(options.threads), width,
             height, str(options.tokens), str(options.new_tokens)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"TRANSFORMERS_VERBOSITY": "error"})
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            fail(f"{self.name} ended with status {self.process.wait()}; what it said is above")
        return json.loads(line)

    def round(self):
        times = {}
        for phase in PHASES:
            print(phase, file=self.process.stdin, flush=True)
            answer = self.answer()
            times[phase], times["peak_mb"] = answer["seconds"], answer["peak_mb"]
        return times

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class LlamaCpp:
    """llama-bench: the text model alone, so no vision."""

    def __init__(self, options, gguf):
        self.name = f"llama.cpp {Path(gguf).stem}"
        self.command = [options.llama_bench, "-m", gguf, "-p", str(options.tokens), "-n", str(options.new_tokens), "-r",
                        "1", "-o", "json", "-t", str(options.threads or len(os.sched_getaffinity(0)))]
        self.tokens = options.tokens

    def round(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        if done.returncode:
            fail(done.stderr.strip().splitlines()[-1])
        times = {}
        for row in json.loads(done.stdout):
            if row["n_gen"]:
                times["decode"] = 1 / row["avg_ts"]
            else:
                times["prefill"] = self.tokens / row["avg_ts"]
        return times

    def close(self):
        pass


def shown(phase, seconds, tokens):
    if seconds is None:
        return "-"
    rate = {"vision": None, "prefill": tokens / seconds, "decode": 1 / seconds}[phase]
    return f"{1e3 * seconds:.0f} ms" if rate is None else f"{rate:.1f} tok/s"


def best(round_, names, phase):
    return min((round_[n][phase] for n in names if phase in round_[n]), default=None)


def summary(rounds, names):
    """Median seconds of each contestant and phase; of each phase the median ratio of a rival's best to our best."""
    ours = [n for n in names if n.startswith("glimpse")]
    kinds = sorted({n.split()[0] for n in names} - {"glimpse"})
    medians = {n: {p: statistics.median(r[n][p] for r in rounds) for p in rounds[0][n]} for n in names}
    ratios = {}
    for kind in kinds:
        rivals = [n for n in names if n.split()[0] == kind]
        ratios[kind] = {p: statistics.median(best(r, rivals, p) / best(r, ours, p) for r in rounds)
                        for p in PHASES if best(rounds[0], rivals, p)}
    return medians, ratios


def plot(path, medians, ratios, python):
    subprocess.run([python, HERE / "compare_plot.py", path], input=json.dumps([medians, ratios]), text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True, help="model directory")
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build/cpu/bin", help="where bench_model lies")
    parser.add_argument("--venv", type=Path, default=HERE.parent / "build/compare", help="the rivals' environment")
    parser.add_argument("--picture", default="224x224", help="WIDTHxHEIGHT")
    parser.add_argument("--tokens", type=int, default=372, help="of the prompt, the picture's among them")
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0, help="0: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--llama-bench", metavar="PROGRAM", help="llama.cpp's llama-bench")
    parser.add_argument("--gguf", action="append", default=[], help="the same weights, converted for llama.cpp")
    parser.add_argument("--json", action="store_true", help="print every round as JSON")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the ratios")
    options = parser.parse_args()
    if not (options.bin / "bench_model").exists():
        fail(f"{options.bin}/bench_model is not there; build the preset cpu or give --bin")
    if options.gguf and not options.llama_bench:
        fail("--gguf needs --llama-bench PROGRAM")
    options.python = virtual_environment(options.venv)
    contestants = [kind(options, dtype) for dtype in ("f32", "bf16") for kind in (Glimpse, Transformers)]
    contestants += [LlamaCpp(options, gguf) for gguf in options.gguf]
    rounds = []
    for number in range(options.rounds):
        start = time.monotonic()
        rounds.append({c.name: c.round() for c in contestants})
        print(f"round {number + 1} of {options.rounds}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    for contestant in contestants:
        contestant.close()
    medians, ratios = summary(rounds, [c.name for c in contestants])
    if options.json:
        print(json.dumps({"rounds": rounds, "median_seconds": medians, "ratios": ratios}, indent=2))
    else:
        print(f"{'':28}", *(f"{p:>15}" for p in [*PHASES, "peak memory"]))
        for name, times in medians.items():
            memory = f"{times['peak_mb']:.0f} MB" if "peak_mb" in times else "-"
            print(f"{name:28}", *(f"{shown(p, times.get(p), options.tokens):>15}" for p in PHASES), f"{memory:>15}")
        for kind, by_phase in ratios.items():
            texts = [f"{by_phase[p]:.2f} x" if p in by_phase else "-" for p in PHASES]
            print(f"{'glimpse ahead of ' + kind:28}", *(f"{t:>15}" for t in texts))
    if options.plot:
        plot(options.plot, medians, ratios, options.python)


main()
