"""Draws what compare.py measured: compare_plot.py FILE.svg, with [medians, ratios] as JSON on standard input."""
import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

medians, ratios = json.load(sys.stdin)
phases = ["vision", "prefill", "decode"]
figure, axes = pyplot.subplots(1, 3, figsize=(11, 0.5 * len(medians) + 1.5), sharey=True)
for axis, phase in zip(axes, phases):
    names = list(medians)[::-1]
    values = [1e3 * medians[n].get(phase, 0) for n in names]
    colors = ["#2a7f62" if n.startswith("glimpse") else "#b0b7bf" for n in names]
    bars = axis.barh(names, values, color=colors)
    axis.bar_label(bars, [f"{v:.0f} ms" if v >= 100 else f"{v:.1f} ms" if v else "-" for v in values], padding=3)
    axis.margins(x=0.25)
    ahead = ", ".join(f"{by[phase]:.2f} x {kind}" for kind, by in ratios.items() if phase in by)
    axis.set_title(f"{phase}{' a token' if phase == 'decode' else ''}: {ahead}", fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
figure.suptitle("Milliseconds, shorter is better")
figure.tight_layout()
figure.savefig(sys.argv[1])
