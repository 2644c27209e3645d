"""Notebooks as pages: each `.ipynb` becomes Markdown with the outputs that it was saved with.

Building the pages runs no notebook; `docs/notebooks/execute.py` does.
"""

import html
import json

#: Longer than any fence in a cell.
FENCE = "`" * 8


def as_markdown(notebook):
    """The Markdown of a notebook.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4.
    """
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code":
            parts.append(_fenced("python", source))
            alt = cell["metadata"].get("alt", "Figure")
            parts += [_output(output, alt) for output in cell["outputs"]]
    return "\n\n".join(parts) + "\n"


def _output(output, alt):
    if output["output_type"] == "stream":
        return _fenced("text", "".join(output["text"]))
    data = {kind: "".join(text) for kind, text in output["data"].items()}
    if "image/png" in data:
        width = output["metadata"].get("image/png", {}).get("width")
        size = f' style="width:{width}px"' if width else ""
        source = f"data:image/png;base64,{''.join(data['image/png'].split())}"
        return _raw(f'<img src="{source}" alt="{html.escape(alt)}"{size}>')
    if "text/html" in data:
        return _raw(f'<div style="overflow-x:auto">{data["text/html"]}</div>')
    return _fenced("text", data["text/plain"])


def _fenced(kind, text):
    return f"{FENCE}{kind}\n{text.rstrip()}\n{FENCE}"


def _raw(text):
    return _fenced("{raw} html", text)


def _read(app, docname, source):
    if str(app.env.doc2path(docname)).endswith(".ipynb"):
        source[0] = as_markdown(json.loads(source[0]))


def setup(app):
    app.add_source_suffix(".ipynb", "markdown")
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}
