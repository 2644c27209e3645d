"""Reads matplotlib axes, as an experiment's `draw` left them, into panels of the page.

One function of an experiment thus makes both its figure and its charts on the page. The charts
have the values of their points, the page's colours, and text that can be selected.
"""

import math
import re

import numpy as np

from synth.report.figure import drawn_figure
from synth.report.page.panel import HEIGHT, Area, Axis, Label, Line, Panel, Picture
from synth.report.page.parts import raised

#: The most points of a line; longer lines are thinned evenly.
MOST_POINTS = 300


def drawn_panels(run, drawer):
    """The figure of a run as panels.

    Parameters
    ----------
    run : ExperimentRun
    drawer : callable
        Returns the experiment's module. It is called only if matplotlib is installed.

    Returns
    -------
    list of lists of Panel
        Panels of one list belong together.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    Exception
        Whatever `draw` raises.
    """
    from synth.report.shown import style

    # Panels need no layout by matplotlib, which would draw everything several times.
    with style({"figure.constrained_layout.use": False}):
        figure, axes = drawn_figure(run, drawer())
        figure.draw_without_rendering()  # gives limits and ticks their final positions
        groups = [Reader(each).panels() for each in axes]
    return [group for group in groups if group]


class Reader:
    """Reads one matplotlib `Axes`."""

    def __init__(self, axes, above=""):
        self.axes = axes
        self.to_unit = axes.transAxes.inverted()
        self.above = above
        self.thinned = False

    def panels(self):
        """The panel of the axes, or those of its inset axes if it is only a frame for them."""
        axes = self.axes
        if not axes.axison:
            inner = [child for child in axes.child_axes if not hasattr(child, "_colorbar")]
            return [p for child in inner for p in Reader(child, self.title()).panels()]
        panel = Panel(self.title(), self.axis("x"), self.axis("y"))
        if axes.images and axes.get_aspect() != "auto":
            box = axes.get_window_extent()
            panel.shape = (HEIGHT, round(HEIGHT * box.height / box.width))
        names = self.names(panel)
        for image in axes.images:
            panel.marks.append(self.picture(image))
        for patch in axes.patches:
            if patch.get_visible():
                panel.marks += self.patch(patch)
        panel.marks += self.bar_ends()
        for collection in axes.collections:
            if collection.get_visible():
                panel.marks += self.collection(collection)
        for line in axes.lines:
            if line.get_visible():
                panel.marks += self.line(line, names)
        panel.marks += [self.label(t) for t in axes.texts if t.get_visible() and t.get_text()]
        if self.thinned:
            panel.note = f"Lines of more than {MOST_POINTS} points are thinned evenly."
        return [panel] if panel.marks else []

    def title(self):
        """The titles of the axes as one text."""
        titles = [self.above, *(self.axes.get_title(loc) for loc in ("left", "center", "right"))]
        return " ".join(" ".join(t.split()) for t in titles if t)

    def axis(self, which):
        """The axis "x" or "y" with the ticks that are visible."""
        axes = self.axes
        axis = getattr(axes, f"{which}axis")
        across = which == "x"
        to_pixel = axes.get_xaxis_transform() if across else axes.get_yaxis_transform()
        ticks, lines = [], False
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            text = _untypeset(tick.label1.get_text())
            loc = tick.get_loc()
            place = self.unit(to_pixel, [(loc, 0) if across else (0, loc)])[0][0 if across else 1]
            lines |= tick.gridline.get_visible()
            if text and tick.get_visible() and tick.label1.get_visible() and -0.001 < place < 1.001:
                ticks.append((float(place), text))
        label = " ".join(_untypeset(axis.get_label().get_text()).split())
        factor = _untypeset(axis.get_offset_text().get_text())
        return Axis(f"{label} ({factor})" if factor else label, tuple(ticks), bool(lines))

    def names(self, panel):
        """Adds the legend to the panel; returns the names by the look of their marks."""
        legend = self.axes.get_legend()
        if legend is not None:
            handles = legend.legend_handles
            texts = [t.get_text() for t in legend.get_texts()]
            title = legend.get_title().get_text()
            if title:
                panel.legend.append((f"{title}:", "", None, None, False))
        else:
            handles, texts = self.axes.get_legend_handles_labels()
        names = {}
        for handle, text in zip(handles, texts, strict=False):
            look = _look(handle)
            if look is not None:
                names.setdefault(look, text)
                panel.legend.append((text, *look))
        return names

    def unit(self, transform, points):
        """Transforms points to pixels, and these to 0..1 of the axes; (n, 2)."""
        with np.errstate(all="ignore"):
            pixels = transform.transform(np.asarray(points, float).reshape(-1, 2))
            return self.to_unit.transform(np.ma.filled(pixels, np.nan))

    def line(self, line, names):
        """A line as marks; names: the names of lines by their look."""
        x, y = (np.ma.filled(np.ma.asarray(d, float), np.nan) for d in line.get_data(orig=False))
        if not len(x):
            return []
        places = self.unit(line.get_transform(), np.column_stack([x, y]))
        every = -(-len(x) // MOST_POINTS)
        if every > 1:
            self.thinned = True
            kept = sorted({*range(0, len(x), every), len(x) - 1})
            places, x, y = places[kept], x[kept], y[kept]
        there = np.isfinite(places).all(axis=1)
        points = tuple(tuple(p) if ok else None for p, ok in zip(places, there, strict=True))
        if not there.any():
            return []
        look = _look(line)
        # Lines across the whole axes are guides without values.
        shown = line.get_transform() == self.axes.transData
        values = ()
        if shown:
            text = [self.texts("x", x[there]), self.texts("y", y[there])]
            values = tuple(zip(*text, strict=True))
        label = line.get_label()
        name = names.get(look, "") if label.startswith("_") else label
        colour, dash, marker, hollow = look
        if dash is None and marker is None:
            return []
        drawstyle = line.get_drawstyle()
        return [
            Line(
                points,
                values,
                name=name,
                colour=colour,
                dash=dash,
                marker=marker,
                open=hollow,
                width=max(0.8, line.get_linewidth()),
                size=max(3.5, line.get_markersize()),
                step=drawstyle.removeprefix("steps-") if drawstyle.startswith("steps-") else None,
            )
        ]

    def texts(self, which, values):
        """Values as texts: the names of categories, or numbers with four digits."""
        axis = getattr(self.axes, f"{which}axis")
        known = getattr(axis.units, "_mapping", None)
        if known:
            names = {float(number): str(name) for name, number in known.items()}
            return [" ".join(names.get(float(v), f"{v:g}").split()) for v in values]
        return [_number(v) for v in values]

    def collection(self, collection):
        """A collection as marks: points, filled polygons or lines."""
        offsets = np.ma.filled(np.ma.asarray(collection.get_offsets(), float), np.nan)
        paths = collection.get_paths()
        if type(collection).__name__ == "PathCollection":
            return self.points(collection, offsets)
        faces, edges = collection.get_facecolor(), collection.get_edgecolor()
        marks = []
        for k, path in enumerate(paths):
            if len(faces):
                face = faces[k % len(faces)]
                marks += self.areas(path, collection.get_transform(), face)
            elif len(edges) and len(path.vertices):
                places = self.unit(collection.get_transform(), path.vertices)
                points = tuple(tuple(p) if np.isfinite(p).all() else None for p in places)
                widths = collection.get_linewidth()
                marks.append(
                    Line(
                        points,
                        colour=_colour(edges[k % len(edges)]),
                        width=max(0.8, float(widths[k % len(widths)])),
                    )
                )
        return marks

    def points(self, collection, offsets):
        """A scatter plot, as one mark for each colour."""
        places = self.unit(collection.get_offset_transform(), offsets)
        faces = collection.get_facecolor()
        hollow = not len(faces)
        colours = collection.get_edgecolor() if hollow else faces
        sizes = (
            np.sqrt(np.asarray(collection.get_sizes(), float))
            if len(collection.get_sizes())
            else np.array([5.0])
        )
        square = _is_square(collection)
        groups = {}
        for k, place in enumerate(places):
            if np.isfinite(place).all():
                groups.setdefault(_colour(colours[k % len(colours)]), []).append(k)
        label = collection.get_label()
        marks = []
        for colour, group in groups.items():
            values = zip(
                self.texts("x", offsets[group, 0]), self.texts("y", offsets[group, 1]), strict=True
            )
            marks.append(
                Line(
                    tuple(tuple(places[k]) for k in group),
                    tuple(values),
                    name="" if label.startswith("_") else label,
                    colour=colour,
                    dash=None,
                    marker="s" if square else "o",
                    open=hollow,
                    size=float(sizes[0]),
                )
            )
        return marks

    def patch(self, patch):
        """A patch as marks: a filled polygon or an outline; none for an arrow."""
        if type(patch).__name__ == "FancyArrowPatch":
            return []
        if patch.get_fill():
            return self.areas(patch.get_path(), patch.get_transform(), patch.get_facecolor())
        places = self.unit(patch.get_transform(), patch.get_path().vertices)
        return [Line(tuple(map(tuple, places)), colour=_colour(patch.get_edgecolor()), width=1)]

    def bar_ends(self):
        """The values of bars, as invisible points at their ends."""
        data = self.axes.transData
        bars = [p for p in self.axes.patches if type(p).__name__ == "Rectangle"]
        bars = [b for b in bars if b.get_visible() and b.get_data_transform() == data]
        if not bars:
            return []
        lying = len({b.get_x() for b in bars}) < len({b.get_y() for b in bars})
        ends = []
        for bar in bars:
            x, y, wide, high = bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()
            ends.append((x + wide, y + high / 2) if lying else (x + wide / 2, y + high))
        values = [self.bar_texts(which, k, ends) for k, which in enumerate("xy")]
        places = self.unit(data, ends)
        if not np.isfinite(places).all():
            return []
        points = tuple(map(tuple, places))
        return [Line(points, tuple(zip(*values, strict=True)), dash=None, marker="silent")]

    def bar_texts(self, which, k, ends):
        """One coordinate of the ends as texts: the name of the tick there, if any, or the value."""
        axis = getattr(self.axes, f"{which}axis")
        named = {
            round(float(t.get_loc()), 9): t.label1.get_text()
            for t in axis.get_major_ticks()
            if not re.fullmatch(r"[-−+.,\de]*|\$.*\$", t.label1.get_text())  # numbers
        }
        texts = self.texts(which, [end[k] for end in ends])
        own = [named.get(round(float(end[k]), 9)) for end in ends]
        return [" ".join((name or text).split()) for name, text in zip(own, texts, strict=True)]

    def areas(self, path, transform, face):
        """The polygons of a path, filled with a colour."""
        if face[3] == 0:
            return []
        found = []
        for polygon in path.transformed(transform).to_polygons():
            places = self.to_unit.transform(polygon)
            if np.isfinite(places).all():
                found.append(Area(tuple(map(tuple, places)), _colour(face, "a"), float(face[3])))
        return found

    def label(self, text):
        """A text of the axes, at its position in the figure."""
        box = text.get_window_extent()
        turn = float(text.get_rotation()) % 360
        side = text.get_horizontalalignment()
        x = {"left": box.x0, "right": box.x1}.get(side, (box.x0 + box.x1) / 2)
        y = (box.y0 + box.y1) / 2
        anchor = {"left": "start", "right": "end"}.get(side, "middle")
        if turn:
            x, anchor = (box.x0 + box.x1) / 2, "middle"
        place = self.to_unit.transform((x, y))
        return Label(_untypeset(text.get_text()), tuple(place), anchor, turn)

    def picture(self, image):
        """An image as a picture of at most 256 colours, from the top."""
        values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        if values.ndim != 2:
            values = values[..., :3].mean(axis=2)
        known = np.unique(values[np.isfinite(values)])
        if len(known) > 256:  # a colour for each 256th of the range
            known = np.linspace(image.norm.vmin, image.norm.vmax, 256)
        if not len(known):
            known = np.zeros(1)
        middles = (known[1:] + known[:-1]) / 2
        levels = np.searchsorted(middles, np.nan_to_num(values, nan=known[0]))
        palette = [[round(255 * float(c)) for c in image.cmap(image.norm(v))[:3]] for v in known]
        # get_extent starts at the side of row 0, which `origin` has put below or above.
        left, right, start, end = image.get_extent()
        if image.origin == "lower":
            levels = levels[::-1]
        (u0, v0), (u1, v1) = self.unit(self.axes.transData, [(left, start), (right, end)])
        if u0 > u1:
            levels, u0, u1 = levels[:, ::-1], u1, u0
        if v0 > v1:
            levels, v0, v1 = levels[::-1], v1, v0
        return Picture(
            tuple(map(tuple, levels.tolist())),
            tuple(map(tuple, palette)),
            tuple(map(_number, known)),
            (u0, v0, u1, v1),
            (*sorted((left, right)), *sorted((start, end))),
        )


def _look(artist):
    """(colour class, dash, marker, open) of a line or a legend's handle; None for other artists."""
    if hasattr(artist, "get_marker"):
        dash = artist.get_linestyle()
        dash = dash if dash in ("-", "--", "-.", ":") and artist.get_linewidth() else None
        marker = artist.get_marker()
        marker = None if marker in (None, "", " ", "None", "none") else str(marker)
        hollow = marker is not None and (
            artist.get_fillstyle() == "none" or _is_white(artist.get_markerfacecolor())
        )
        colour = artist.get_color() if dash or not marker else artist.get_markeredgecolor()
        known = marker if marker in (None, "o", "s", ".", "x", "^", "v", "D", "+") else "o"
        return _colour(colour), dash, known, hollow
    children = getattr(artist, "get_children", list)()  # such as the line of an error bar
    if isinstance(artist, tuple) or children:
        parts = artist if isinstance(artist, tuple) else children
        return next((look for p in parts if (look := _look(p)) is not None), None)
    for getter in ("get_facecolor", "get_edgecolor"):
        found = getattr(artist, getter, lambda: ())()
        if len(found):
            square = type(artist).__name__ != "PathCollection" or _is_square(artist)
            first = found[0] if np.ndim(found) == 2 else found
            return _colour(first), None, "s" if square else "o", False
    return None


def _is_square(collection):
    return len(collection.get_paths()[0].vertices) == 5


def _is_white(colour):
    from matplotlib.colors import to_rgba

    return to_rgba(colour)[:3] == (1, 1, 1)


def _colour(colour, kind="c"):
    """The class of a colour, see `colour_rules`; kind: "c", or "a" for an area."""
    from matplotlib.colors import to_hex

    return f"{kind}-{to_hex(colour)[1:]}"


def _number(value):
    return "-" if not math.isfinite(value) else f"{value:.4g}"


def _untypeset(text):
    """A label that matplotlib would typeset, as plain text with powers as superscripts."""
    text = text.replace("−", "-")
    if "$" not in text:
        return text
    text = re.sub(r"\\mathdefault\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", text.replace("$", ""))
    text = re.sub(r"\\times", "×", text)
    text = re.sub(r"\^\{([^{}]*)\}", lambda m: raised(m[1]), text)
    return re.sub(r"[{}\\]", "", text)
