"""What there is, as text or JSON: tasks, DSLs, and all about one of them."""

import json
import textwrap

import click


def describe(library, name, as_json, what):
    if name is not None:
        text, settings = library.describe(name)
        if as_json:
            settings = {k: _json_default(v) for k, v in settings.items()}
            click.echo(json.dumps({"name": name, "description": text, "settings": settings}))
            return
        click.echo(f"{name}\n\n{_filled(text)}")
        _settings_text(settings)
        return
    entries = [(n, library.describe(n)[0].partition("\n")[0]) for n in library.names()]
    if as_json:
        click.echo(
            json.dumps({f"{what.lower()}s": [{"name": n, "description": d} for n, d in entries]})
        )
        return
    pad = max(len(n) for n, _ in entries) + 2
    for n, description in entries:
        click.echo(textwrap.fill(f"{n:<{pad}}{description}", 79, subsequent_indent=" " * pad))


def _filled(text):
    """Paragraphs filled to the width of a terminal."""
    return "\n\n".join(textwrap.fill(p, 79) for p in text.split("\n\n"))


def describe_dsl(dsl, as_json, settings):
    rows = [(p.symbol or p.name, p.name, p.signature, float(p.weight)) for p in dsl.primitives]
    constants = [(c.name, str(c.type), float(c.weight)) for c in dsl.constants]
    if as_json:
        keys, constant_keys = ("symbol", "name", "signature", "weight"), ("name", "type", "weight")
        document = {
            "name": dsl.name,
            "description": dsl.description,
            "primitives": [dict(zip(keys, r, strict=True)) for r in rows],
            "constants": [dict(zip(constant_keys, c, strict=True)) for c in constants],
        }
        document["settings"] = {k: _json_default(v) for k, v in settings.items()}
        click.echo(json.dumps(document))
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
