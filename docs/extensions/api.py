"""The API reference: which names are public, and that each of them is on some page.

Public are the names of `synth.__all__`; in every module that is not internal (see
`api_internal` in conf.py) the functions and classes that it defines, but for `_names`; and
the methods and properties of these classes.  One that has no docstring, or that no page
documents, is a warning of the build, which `make docs` makes an error.
"""

import importlib
import inspect
import pkgutil
from functools import cache, cached_property

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

import synth

_LOGGER = logging.getLogger(__name__)


class Api:
    """The public names of synth, by the names they are documented by."""

    def __init__(self, internal, found_by_name):
        self.internal = tuple(internal)
        self.found_by_name = dict(found_by_name)
        self.top = {id(getattr(synth, n)): f"synth.{n}" for n in synth.__all__ if n[0] != "_"}
        self.names = {}
        for name in sorted(self.top.values()):
            self._add(name, getattr(synth, name.removeprefix("synth.")))
        for module in self.modules():
            for name, found in vars(module).items():
                if self._defined(module, name, found) and id(found) not in self.top:
                    self._add(f"{module.__name__}.{name}", found)

    @staticmethod
    def of(app):
        return _api(
            tuple(app.config.api_internal),
            tuple(app.config.api_found_by_name.items()),
        )

    def modules(self):
        """The modules that are not internal."""
        for found in pkgutil.walk_packages(synth.__path__, "synth."):
            if not self._hidden(found.name):
                yield importlib.import_module(found.name)

    def links(self):
        """What docstrings call a public name by: alone (a method, with its class), or in full."""
        found = {}
        for name in self.names:
            parts = name.split(".")
            least = 2 if name.rpartition(".")[0] in self.names else 1
            for start in range(len(parts) - least + 1):
                found.setdefault(".".join(parts[start:]), set()).add(name)
        for name in self.top.values():  # which come first
            found[name.removeprefix("synth.")] = {name}
        return {text: names.pop() for text, names in found.items() if len(names) == 1}

    def _hidden(self, name):
        if any(name == i or name.startswith(f"{i}.") for i in self.internal):
            return True
        return any(
            name.startswith(f"{package}.") and name not in but
            for package, but in self.found_by_name.items()
        )

    def _add(self, name, found):
        self.names[name] = found
        if not inspect.isclass(found):
            return
        for part, value in vars(found).items():
            function = getattr(value, "__func__", value)
            methods = inspect.isfunction(function) or isinstance(value, (property, cached_property))
            if part[0] != "_" and methods:
                self.names[f"{name}.{part}"] = value

    @staticmethod
    def _defined(module, name, found):
        # A kernel is a function that numba wrapped.
        function = getattr(found, "py_func", found)
        kinds = inspect.isfunction(function) or inspect.isclass(found)
        return name[0] != "_" and kinds and function.__module__ == module.__name__


@cache
def _api(internal, found_by_name):
    return Api(internal, found_by_name)


def _skip(app, what, name, found, skip, options):
    """A public name of `synth` is documented as such, not once more in its module."""
    return True if what == "module" and id(found) in Api.of(app).top else None


def _check(app, env):
    documented = set(env.get_domain("py").objects)
    for name, found in Api.of(app).names.items():
        if name not in documented:
            docless = getattr(found, "__doc__", None) is None
            why = "has no docstring" if docless else "is on no page"
            _LOGGER.warning("public name %s %s", name, why, type="api", subtype="undocumented")


def _unlinked(app, env, node, contents):
    """Types in signatures are shown, not linked, where they are not on any page."""
    above = node.parent
    while above is not None and not isinstance(above, addnodes.desc_signature):
        above = above.parent
    return contents if above is not None and isinstance(contents, nodes.Node) else None


def setup(app):
    app.add_config_value("api_internal", (), "env")
    app.add_config_value("api_found_by_name", {}, "env")
    app.connect("autodoc-skip-member", _skip)
    app.connect("env-check-consistency", _check)
    app.connect("missing-reference", _unlinked)
    return {"parallel_read_safe": True}
