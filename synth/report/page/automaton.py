"""A finite machine as inline SVG: circles, and arrows with the letters that they read."""

from synth.report.page.markup import element

#: Units of the picture for the radius of a state.
_SCALE = 17


def draw_machine(drawn, text):
    """Draws a `synth.report.automaton.Diagram`, in a box that scrolls if it is wide.

    text: the program, for those who cannot see the picture.
    """
    left, low, right, top = drawn.box
    width, height = _SCALE * (right - left), _SCALE * (top - low)

    def at(point):
        return _SCALE * (point[0] - left), _SCALE * (top - point[1])

    picture = element(
        "svg",
        element("title", f"State diagram of {text}"),
        [_arrow(arrow, at) for arrow in drawn.arrows],
        [_state(state, at) for state in drawn.states],
        class_="tree",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=f"State diagram of {text}",
    )
    return element(
        "div", picture, class_="scroll", tabindex="0", role="region", aria_label="State diagram"
    )


def _arrow(arrow, at):
    start, *others = (f"{x:.1f} {y:.1f}" for x, y in map(at, arrow.curve))
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(at, arrow.head))
    x, y = at(arrow.at)
    return element(
        "g",
        element("path", d=f"M{start}C{', '.join(others)}", class_="edge"),
        element("polygon", points=corners, class_="head"),
        element(
            "text",
            arrow.letters,
            x=f"{x:.1f}",
            y=f"{y + 4:.1f}",
            text_anchor="middle",
            class_="letters",
        )
        if arrow.letters
        else None,
    )


def _state(state, at):
    x, y = at((state.x, state.y))
    place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}"}
    style = {"x": f"{x:.1f}", "text_anchor": "middle"}
    return element(
        "g",
        element("circle", r=_SCALE, **place),
        element("circle", r=f"{0.76 * _SCALE:.1f}", **place) if state.accepts else None,
        element("text", state.name, y=f"{y + 4:.1f}", **style),
        None
        if state.says is None
        else element("text", state.says, y=f"{y + 1.75 * _SCALE:.1f}", **style),
        class_="node operation",
    )
