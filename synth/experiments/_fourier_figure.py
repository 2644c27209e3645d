"""The figure of `fourier`."""

from synth.report import COLOURS, shades

EXACT, PERMUTED = KINDS = ("roots of unity", "permuted phases")

CAPTION = """Addition modulo p by waves: residues become points of circles, one circle for each
frequency. (a) The margin by which the right sum leads all others, as a mean over sets of so many
frequencies, with its range; marks are sets that were found in trained networks. (b) The accuracy if
each point of a circle is off by a random error. More frequencies tolerate more. If the points are
permuted, the accuracy is that of guessing. (c) A sum of squares can replace the product. Each
neuron squares; with some small numbers of neurons their phases do not cancel, and for an even p
(grey) a few pairs are wrong."""


def draw(rows, axes):
    _draw_margins(rows, axes[0])
    _draw_noise(rows, axes[1])
    _draw_neurons(rows, axes[2])


def _draw_margins(rows, axes):
    margins = [r for r in rows if r["kind"] == "random"]
    counts = [r["frequencies"] for r in margins]
    axes.plot(counts, [r["margin"] for r in margins], "o-", color=COLOURS["program"], label="mean")
    low, high = ([r[f"{end}_margin"] for r in margins] for end in ("least", "most"))
    axes.fill_between(counts, low, high, color=COLOURS["program"], alpha=0.2, linewidth=0)
    for row, mark in zip((r for r in rows if r["kind"] == "published"), "s^", strict=False):
        label = f"a network for p = {row['p']}"
        axes.plot(
            row["frequencies"],
            row["margin"],
            mark,
            color=COLOURS["network"],
            markersize=6,
            label=label,
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_yscale("log")
    axes.set_title("margin of the right sum")
    axes.set_xlabel("number of frequencies")
    axes.set_ylabel("margin")
    axes.legend()


def _draw_noise(rows, axes):
    counts = list(dict.fromkeys(r["frequencies"] for r in rows if r["row"] == "noise"))
    for count, color in zip(counts, shades(len(counts)), strict=True):
        mine = [r for r in rows if r["row"] == "noise" and r["frequencies"] == count]
        real = [r for r in mine if r["kind"] == EXACT and r["noise"] > 0]
        x, y = ([r[key] for r in real] for key in ("noise", "accuracy"))
        axes.plot(x, y, color=color, label=str(count))
    control = [r for r in rows if r["kind"] == PERMUTED]
    for row in control:
        axes.axhline(row["accuracy"], color=COLOURS["random labels"], linestyle=":", linewidth=0.9)
    place = {"xycoords": "axes fraction", "xytext": (4, 22), "textcoords": "offset points"}
    axes.annotate(PERMUTED, (0, 0), **place, color=COLOURS["random labels"], fontsize="small")
    axes.set_xscale("log")
    axes.set_title("accuracy with noise")
    axes.set_xlabel("noise of each point (the circle has radius 1)")
    axes.set_ylabel("accuracy")
    axes.legend(title="frequencies", loc="upper right")


def _draw_neurons(rows, axes):
    for kind, color in (("odd modulus", COLOURS["program"]), ("even modulus", COLOURS["table"])):
        mine = [r for r in rows if r["row"] == "neurons" and r["kind"] == kind]
        places = [str(r["neurons"]) for r in mine]
        if kind == "even modulus":
            places = [f"{place}\neven p" for place in places]
        axes.bar(places, [r["accuracy"] for r in mine], color=color)
    axes.set_title("accuracy of neurons that square")
    axes.set_xlabel("number of neurons")
    axes.set_ylabel("accuracy")
