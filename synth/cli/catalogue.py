"""What there is, as text or JSON: tasks, DSLs, and all about one of them."""

import textwrap

import click

from synth.cli.output import emit_document, emit_records


def describe(catalogue, name, form, what):
    if name is not None:
        text, settings = catalogue.describe(name)
        if form == "json":
            settings = {k: _json_default(v) for k, v in settings.items()}
            emit_document({"name": name, "description": text, "settings": settings})
            return
        if form != "table":
            rows = [{"setting": k, "default": _json_default(v)} for k, v in settings.items()]
            emit_records(form, rows or [{"setting": None, "default": None}])
            return
        click.echo(f"{name}\n\n{_filled(text)}")
        _settings_text(settings)
        return
    entries = [(n, catalogue.describe(n)[0].partition("\n")[0]) for n in catalogue.names()]
    if form != "table":
        rows = [{"name": n, "description": d} for n, d in entries]
        if form == "json":
            emit_document({f"{what.lower()}s": rows})
        else:
            emit_records(form, rows)
        return
    pad = max(len(n) for n, _ in entries) + 2
    for n, description in entries:
        click.echo(textwrap.fill(f"{n:<{pad}}{description}", 79, subsequent_indent=" " * pad))


def _filled(text):
    """Paragraphs filled to the width of a terminal."""
    return "\n\n".join(textwrap.fill(p, 79) for p in text.split("\n\n"))


def describe_dsl(dsl, form, settings):
    rows = [(p.symbol or p.name, p.name, p.signature, float(p.weight)) for p in dsl.primitives]
    constants = [(c.name, str(c.type), float(c.weight)) for c in dsl.constants]
    if form != "table":
        keys, constant_keys = ("symbol", "name", "signature", "weight"), ("name", "type", "weight")
        primitives = [dict(zip(keys, r, strict=True)) for r in rows]
        document = {
            "name": dsl.name,
            "description": dsl.description,
            "primitives": primitives,
            "constants": [dict(zip(constant_keys, c, strict=True)) for c in constants],
            "settings": {k: _json_default(v) for k, v in settings.items()},
        }
        if form == "json":
            emit_document(document)
            return
        leaves = [dict(zip(keys, (c[0], *c), strict=True)) for c in constants]
        emit_records(form, [*primitives, *leaves])
        return
    click.echo(dsl.name + "\n")
    if dsl.description:
        click.echo(_filled(dsl.description.strip()) + "\n")
    click.echo(f"Types: {', '.join(map(str, dsl.types))}\n")
    pad = max([8, *(len(r[1]) for r in rows)]) + 2
    families = [t.family for t in dsl.types]
    for symbol, name, signature, weight in rows:
        for type_ in dsl.types:
            if families.count(type_.family) == 1:
                signature = signature.replace(str(type_), type_.family)
        click.echo(f"  {symbol:<{pad}}{name:<{pad}}{signature}{_weight(weight)}")
    for name, type_, weight in constants:
        click.echo(f"  {name:<{pad}}{'constant':<{pad}}{type_}{_weight(weight)}")
    _settings_text(settings)


def _weight(weight):
    return "" if weight == 1 else f"  weight {weight:g}"


def _settings_text(settings):
    if settings:
        click.echo("\nSettings and their defaults")
        for key, default in settings.items():
            click.echo(f"  {key}={_shown_default(default)}")


def _json_default(value):
    return list(value) if isinstance(value, tuple) else value


def _shown_default(value):
    if value is None:
        return "(chosen by the task)"
    return "/".join(map(str, value)) if isinstance(value, tuple) else value


def health_text(found):
    """What `synth doctor` finds, a line each."""
    kept = found["kernels"]
    lines = list(found["versions"].items())
    lines += [
        ("system", found["system"]),
        ("cores", f"{found['cores']}, as many threads unless --threads is given"),
        ("memory", f"{found['memory'] / 1e9:.1f} GB unless --memory is given"),
        ("kernels", f"{kept['compiled']} kept in {kept['folder']}"),
    ]
    if not kept["last"]:
        lines.append(("", "gone with this process; NUMBA_CACHE_DIR=FOLDER lasts"))
    elif not kept["compiled"]:
        lines.append(("", "`synth warmup` compiles them"))
    for extra, there in found["extras"].items():
        missing = f"not there: pip install 'synth-mdl[{extra}]'"
        lines.append((f"extra {extra}", there or missing))
    for group, names in found["entry points"].items():
        lines.append((group, ", ".join(names) or "none besides the built-in ones"))
    pad = max(len(name) for name, _ in lines) + 2
    return "\n".join(
        textwrap.fill(
            f"{name:<{pad}}{text}", 79, subsequent_indent=" " * pad, break_on_hyphens=False
        )
        for name, text in lines
    )
