"""What every page has: its head, its own style and script and no others, and the choice of a theme.

The Content-Security-Policy allows the style and the script of the page and embedded pictures, so
the page loads nothing.
"""

import base64
import hashlib
from pathlib import Path

from synth._version import __version__
from synth.errors import RunError
from synth.files import PAGES, check_writable, write_file
from synth.report.page.colours import colour_rules
from synth.report.page.markup import Markup, data_block, element, joined

_HERE = Path(__file__).parent


def html_page(title, main, data, *, parts=("page",)):
    """A complete HTML document.

    Parameters
    ----------
    title : str
    main : Markup
        The content of the element `main`, which has the id "main".
    data : dict
        The data of the script, which reads them from the block "blocks".
    parts : sequence of str, optional
        The names of the style sheets and scripts in this folder.

    Returns
    -------
    str
    """
    script = Markup("\n".join(_read(f"{part}.js") for part in parts))
    footer = f"Made by synth {__version__}.  Bits are code lengths: fewer is better."
    body = joined(
        element("a", "Skip to the content", href="#main", class_="skip"),
        element("header", element("h1", title), _theme()),
        element("main", main, id="main", tabindex="-1"),
        element("footer", element("p", footer)),
        element("div", id="tip", role="status", aria_live="polite", hidden=True),
        data_block("blocks", data),
        element("script", script),
    )
    style = Markup("".join(_read(f"{part}.css") for part in parts) + colour_rules(body))
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", style),
    )
    return f"<!doctype html>\n{element('html', head, element('body', body), lang='en')}\n"


def write_html(option, path, make):
    """Writes a page to a file; returns its size in bytes.

    Parameters
    ----------
    option : str
        The option or argument that names the file, for messages.
    path : str or path
    make : callable
        Returns the page. It is called only if the file can be written.

    Raises
    ------
    RunError
        If the path is not that of a regular file.
    SettingError
        If the folder cannot be written to, or the name does not end in .html or .htm.
    """
    check_writable(option, path, suffixes=PAGES)
    if Path(path).exists() and not Path(path).is_file():
        raise RunError(f"{path} cannot be written: not a regular file")
    page = make()
    write_file(path, page)
    return len(page.encode())


def _read(name):
    return (_HERE / name).read_text(encoding="utf-8")


def _theme():
    """The choice of a theme."""
    choices = (("", "as the system"), ("light", "light"), ("dark", "dark"))
    options = [element("option", text, value=value) for value, text in choices]
    return element(
        "p",
        element("label", "Theme ", for_="theme"),
        element("select", options, id="theme", autocomplete="off"),
        class_="theme",
    )


def _digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
