"""Lists and descriptions of tasks and DSLs, and the report of `synth doctor`, as text or data."""

import textwrap

from synth.cli.output import emit


def list_entries(form, what, column, entries):
    """Prints what there is of a kind, such as "tasks"; entries: (name, description) pairs."""
    rows = [{"name": name, column: description} for name, description in entries]

    emit(
        form,
        text=lambda: entries_text(entries),
        document=lambda: {what: rows},
        rows=lambda: rows,
    )


def entries_text(entries):
    """(name, description) pairs as two columns of text."""
    pad = max((len(name) for name, _ in entries), default=0) + 2
    return "\n".join(
        textwrap.fill(f"{name:<{pad}}{description}", 79, subsequent_indent=" " * pad)
        for name, description in entries
    )


def list_catalogue(form, what, catalogue):
    """Prints the names of a catalogue and the first line of each description."""
    entries = [(n, catalogue.describe(n)[0].partition("\n")[0]) for n in catalogue.names()]
    list_entries(form, what, "description", entries)


def describe(form, catalogue, name):
    """Prints the description of one name of a catalogue, and its settings."""
    description, settings = catalogue.describe(name)
    plain = _plain_defaults(settings)
    emit(
        form,
        text=lambda: f"{name}\n\n{_filled(description)}" + _settings_text(settings),
        document=lambda: {"name": name, "description": description, "settings": plain},
        rows=lambda: (
            [{"setting": key, "default": value} for key, value in plain.items()]
            or [{"setting": None, "default": None}]
        ),
    )


def describe_dsl(form, dsl, settings):
    """Prints the types, primitives, constants and settings of a DSL."""
    primitives = [
        {
            "symbol": p.symbol or p.name,
            "name": p.name,
            "signature": p.signature,
            "weight": float(p.weight),
        }
        for p in dsl.primitives
    ]
    constants = [
        {"name": c.name, "type": str(c.type), "weight": float(c.weight)} for c in dsl.constants
    ]
    emit(
        form,
        text=lambda: _dsl_text(dsl, primitives, constants) + _settings_text(settings),
        document=lambda: {
            "name": dsl.name,
            "description": dsl.description,
            "primitives": primitives,
            "constants": constants,
            "settings": _plain_defaults(settings),
        },
        rows=lambda: [
            *primitives,
            *(
                {
                    "symbol": c["name"],
                    "name": c["name"],
                    "signature": c["type"],
                    "weight": c["weight"],
                }
                for c in constants
            ),
        ],
    )


def _dsl_text(dsl, primitives, constants):
    lines = [dsl.name, ""]
    if dsl.description:
        lines += [_filled(dsl.description.strip()), ""]
    lines += [f"Types: {', '.join(map(str, dsl.types))}", ""]
    pad = max([8, *(len(p["name"]) for p in primitives)]) + 2
    families = [t.family for t in dsl.types]
    for p in primitives:
        signature = p["signature"]
        for type_ in dsl.types:
            if families.count(type_.family) == 1:
                signature = signature.replace(str(type_), type_.family)
        weight = _weight(p["weight"])
        lines.append(f"  {p['symbol']:<{pad}}{p['name']:<{pad}}{signature}{weight}")
    for c in constants:
        weight = _weight(c["weight"])
        lines.append(f"  {c['name']:<{pad}}{'constant':<{pad}}{c['type']}{weight}")
    return "\n".join(lines)


def _filled(text):
    """Paragraphs wrapped to the width of a terminal."""
    return "\n\n".join(textwrap.fill(p, 79) for p in text.split("\n\n"))


def _weight(weight):
    return "" if weight == 1 else f"  weight {weight:g}"


def _settings_text(settings):
    if not settings:
        return ""
    lines = [f"  {key}={_shown_default(default)}" for key, default in settings.items()]
    return "\n".join(["\n\nSettings and their defaults", *lines])


def _plain_defaults(settings):
    return {k: list(v) if isinstance(v, tuple) else v for k, v in settings.items()}


def _shown_default(value):
    if value is None:
        return "(the task decides)"
    return "/".join(map(str, value)) if isinstance(value, tuple) else value


def health_text(found):
    """The report of `synth doctor`, one line for each entry."""
    kept = found["kernels"]
    lines = list(found["versions"].items())
    lines += [
        ("system", found["system"]),
        ("cores", f"{found['cores']}, one thread on each unless --threads is given"),
        ("memory", f"{found['memory'] / 1e9:.1f} GB for a search unless --memory is given"),
        *_limits(found["memory limits"]),
        ("kernels", f"{kept['compiled']} kept in {kept['folder']}"),
    ]
    if not kept["last"]:
        lines.append(("", "lost when this process ends; set NUMBA_CACHE_DIR=FOLDER"))
    elif not kept["compiled"]:
        lines.append(("", "`synth warmup` compiles them"))
    for extra, there in found["extras"].items():
        missing = f"not installed: pip install 'synth-mdl[{extra}]'"
        lines.append((f"extra {extra}", there or missing))
    for group, names in found["entry points"].items():
        lines.append((group, ", ".join(names) or "none but the built-in ones"))
    pad = max(len(name) for name, _ in lines) + 2
    return "\n".join(
        textwrap.fill(
            f"{name:<{pad}}{text}", 79, subsequent_indent=" " * pad, break_on_hyphens=False
        )
        for name, text in lines
    )


def _limits(limits):
    """What bounds the memory, as a line, if more than the machine does."""
    if limits.keys() - {"machine"}:
        yield "", ", ".join(f"{kind} {size / 1e9:.1f} GB" for kind, size in limits.items())
