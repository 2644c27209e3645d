"""Draws the panels of the page as inline SVG.

Every point that a reader can ask for is an absolute `M` or `L` of a path. The attributes
`data-x` and `data-y` of the path have the values of its points, one on each line; the page's
script reads both. A chart is complete without the script.
"""

import base64
import struct
import zlib
from itertools import pairwise

from synth.report.page.markup import Markup, cut, element, joined
from synth.report.page.panel import Area, Label, Line, Picture

#: The width of a character.
_CHAR = 6.0

DASHES = {"-": None, "--": "6 3", "-.": "7 3 1.5 3", ":": "1.5 3"}

# The relative paths of marks that are not the ends of round or square lines.
_GLYPHS = {
    "x": "m-3,-3l6,6m0,-6l-6,6",
    "^": "m0,-4l4,7h-8z",
    "v": "m0,4l4,-7h-8z",
    "D": "m0,-4l4,4l-4,4l-4,-4z",
    "+": "m-4,0h8m-4,-4v8",
}


def render(panels, numbers):
    """Draws panels that belong together as one figure; numbers: an iterator of ids."""
    title = panels[0].title
    charts = [_chart(panel, next(numbers)) for panel in panels]
    if len(charts) > 1:
        charts = element("div", [element("div", chart) for chart in charts], class_="together")
    return element(
        "figure", element("figcaption", title) if title else None, charts, class_="panel"
    )


def _chart(panel, number):
    width, height = panel.shape
    longest = max((len(text) for _, text in panel.y.ticks), default=0)
    left = 10 + _CHAR * min(longest, 22) + (18 if panel.y.label else 0)
    bottom, crowded = _below(panel.x, width)
    right = 14 + _overhang(panel.x, width)
    total = left + width + right, 10 + height + bottom
    clip = f"clip{number}"
    parts = [
        element(
            "clipPath",
            element("rect", x=-4, y=-4, width=width + 8, height=height + 8),
            id=clip,
        ),
    ]
    grid, names = _axes(panel, width, height, left, bottom, crowded)
    drawn = [_mark(mark, width, height) for mark in panel.marks]
    inside = [part for part, mark in zip(drawn, panel.marks, strict=True) if _inside(mark)]
    outside = [part for part, mark in zip(drawn, panel.marks, strict=True) if not _inside(mark)]
    parts += [
        element(
            "g",
            grid,
            element("g", inside, clip_path=f"url(#{clip})"),
            outside,
            names,
            transform=f"translate({_n(left)},10)",
        )
    ]
    asked = any(getattr(m, "values", ()) or getattr(m, "tip", None) for m in panel.marks)
    asked = asked or any(isinstance(m, Picture) for m in panel.marks)
    chart = element(
        "svg",
        parts,
        class_="chart",
        viewBox=f"0 0 {_n(total[0])} {_n(total[1])}",
        role="group" if asked else "img",
        tabindex="0" if asked else None,
        aria_label=_spoken(panel, asked),
        data_xname=_short(panel.x.label),
        data_yname=_short(panel.y.label),
    )
    return joined(
        chart,
        _legend(panel.legend),
        element("p", panel.note, class_="note") if panel.note else None,
    )


def _spoken(panel, asked):
    text = f"Chart: {panel.title}. " if panel.title else "Chart. "
    text += f"{panel.y.label} against {panel.x.label}." if panel.x.label else ""
    return text + (" Arrow keys read its points." if asked else "")


def _short(label):
    return label.partition(";")[0].strip()


def _inside(mark):
    return not isinstance(mark, Label)


def _overhang(axis, width):
    """How far the text of the last tick extends beyond the box."""
    if not axis.ticks:
        return 0
    place, text = max(axis.ticks)
    return max(0, place * width + len(text) * _CHAR / 2 - width)


def _below(axis, width):
    """The height below the box, and whether the texts are tilted, since they would overlap."""
    texts = sorted(axis.ticks)
    crowded = any(
        (b[0] - a[0]) * width < (len(a[1]) + len(b[1])) * _CHAR / 2 + 6 for a, b in pairwise(texts)
    )
    longest = max((len(t) for _, t in texts), default=0)
    deep = min(longest, 16) * _CHAR * 0.72 + 12 if crowded else 18
    lines = len(_folded(axis.label, width + 60)) if axis.label else 0
    return deep + 13 * lines + 6, crowded


def _folded(label, width):
    """A label wrapped into lines."""
    room, lines = max(12, int(width / _CHAR)), [""]
    for word in label.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _axes(panel, width, height, left, bottom, crowded):
    grid, names = [], []
    for place, text in panel.x.ticks:
        x = _n(place * width)
        if panel.x.grid:
            grid.append(f"M{x},0v{height}")
        attributes = {"x": x, "y": height + 14, "text_anchor": "middle"}
        if crowded:
            attributes = {
                "text_anchor": "end",
                "transform": f"translate({x},{height + 11}) rotate(-45)",
            }
        names.append(element("text", cut(text, 16 if crowded else 40), **attributes))
    for place, text in panel.y.ticks:
        y = _n((1 - place) * height)
        if panel.y.grid:
            grid.append(f"M0,{y}h{width}")
        names.append(element("text", cut(text, 22), x=-6, y=_n(float(y) + 3.5), text_anchor="end"))
    if panel.x.label:
        lines = _folded(panel.x.label, width + 60)
        first = height + bottom - 13 * len(lines) + 7
        names += [
            element(
                "text", line, x=width / 2, y=_n(first + 13 * k), text_anchor="middle", class_="axis"
            )
            for k, line in enumerate(lines)
        ]
    if panel.y.label:
        lines = _folded(panel.y.label, height + 40)[:2]
        names += [
            element(
                "text",
                line,
                text_anchor="middle",
                class_="axis",
                transform=f"translate({_n(-left + 11 + 12 * k)},{height / 2}) rotate(-90)",
            )
            for k, line in enumerate(lines)
        ]
    lines = element("path", d="".join(grid), class_="grid") if grid else None
    frame = element("path", d=f"M0,0V{height}H{width}", class_="frame") if panel.x.ticks else None
    return joined(lines, frame), joined(names)


def _mark(mark, width, height):
    if isinstance(mark, Line):
        return _line(mark, width, height)
    if isinstance(mark, Area):
        corners = "L".join(_at(p, width, height) for p in mark.points)
        return element(
            "path",
            d=f"M{corners}Z",
            class_=f"area {mark.colour}",
            data_tip=mark.tip,
            fill_opacity=None if mark.alpha >= 1 else f"{mark.alpha:.2g}",
        )
    if isinstance(mark, Label):
        x, y = _at(mark.place, width, height).split(",")
        turn = f"rotate({_n(-mark.turn)} {x} {y})" if mark.turn else None
        return element("text", mark.text, x=x, y=y, text_anchor=mark.anchor, transform=turn)
    return _picture(mark, width, height)


def _line(mark, width, height):
    places = [None if p is None else _at(p, width, height) for p in mark.points]
    data = {}
    if mark.values:
        data = {
            "data_name": mark.name or None,
            "data_x": "\n".join(x for x, _ in mark.values),
            "data_y": "\n".join(y for _, y in mark.values),
            "data_tips": "\n".join(mark.tips) or None,
        }
    parts = []
    if mark.dash is not None:
        parts.append(
            element(
                "path",
                d=_path(places, mark.step),
                class_=f"line {mark.colour}",
                stroke_width=_n(mark.width),
                stroke_dasharray=DASHES.get(mark.dash),
                **data,
            )
        )
        data = {}
    if mark.marker is not None:
        parts += _marks(mark, [p for p in places if p is not None], data)
    return joined(parts)


def _path(places, step):
    pieces, last = [], None
    for place in places:
        if place is None:
            last = None
            continue
        if last is None:
            pieces.append(f"M{place}")
        else:
            x, y = place.split(",")
            corner = {"post": f"H{x}", "pre": f"V{y}"}.get(step, "")
            pieces.append(f"{corner}L{place}")
        last = place
    return "".join(pieces)


def _marks(mark, places, data):
    shape, size = mark.marker, mark.size
    if shape == "silent":
        return [element("path", d="".join(f"M{p}" for p in places), class_="silent", **data)]
    if shape in _GLYPHS:
        d = "".join(f"M{p}{_GLYPHS[shape]}" for p in places)
        fill = "area" if shape in "^vD" and not mark.open else "line"
        return [element("path", d=d, class_=f"{fill} {mark.colour}", stroke_width=1.4, **data)]
    # A line of zero length with round or square ends is a dot.
    size = size * 0.6 if shape == "." else size
    kind = "square" if shape == "s" else "dot"
    d = "".join(f"M{p}h0" for p in places)
    drawn = [element("path", d=d, class_=f"{kind} {mark.colour}", stroke_width=_n(size), **data)]
    if mark.open:
        drawn.append(element("path", d=d, class_=f"{kind} hole", stroke_width=_n(size - 2)))
    return drawn


def _picture(mark, width, height):
    left, bottom, right, top = mark.box
    image = base64.b64encode(png(mark.levels, mark.palette)).decode()
    return element(
        "image",
        href=f"data:image/png;base64,{image}",
        x=_n(left * width),
        y=_n((1 - top) * height),
        width=_n((right - left) * width),
        height=_n((top - bottom) * height),
        preserveAspectRatio="none",
        class_="picture",
        data_values="\n".join(mark.values),
        data_span=" ".join(f"{edge:.6g}" for edge in mark.span),
    )


def png(levels, palette):
    """A PNG with a palette; levels: rows of indices into the palette."""
    rows, columns = len(levels), len(levels[0])
    raw = b"".join(b"\0" + bytes(row) for row in levels)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(c for colour in palette for c in colour)),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def _legend(entries):
    if not entries:
        return None
    items = []
    for name, colour, dash, marker, hollow in entries:
        if dash is None and marker is None:
            items.append(element("li", name))
            continue
        swatch = [_line(Line(((0, 0.5), (1, 0.5)), colour=colour, dash=dash), 22, 12)]
        if dash is None:
            swatch = []
        if marker is not None:
            point = Line(
                ((0.5, 0.5),), colour=colour, dash=None, marker=marker, open=hollow, size=7
            )
            swatch.append(_line(point, 22, 12))
        box = element("svg", swatch, viewBox="0 0 22 12", class_="swatch", aria_hidden="true")
        items.append(element("li", box, element("span", name)))
    return element("ul", items, class_="legend")


def _at(point, width, height):
    u, v = (min(max(c, -3.0), 4.0) for c in point)
    return f"{_n(u * width)},{_n((1 - v) * height)}"


def _n(value):
    """A number of the SVG, with at most one decimal."""
    text = f"{float(value):.1f}".removesuffix(".0")
    return Markup("0" if text == "-0" else text)
