"""The API reference: decides which names are public, and checks that each is on some page.

Public names are

- the names of `synth.__all__`;
- in every module that is not internal (see `api_internal` in conf.py), the functions and classes
  that it defines, except names that begin with `_`;
- the methods and properties of these classes.

A public name without a docstring, or on no page, is a warning, and `make docs` treats warnings as
errors.
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
    """The public names of synth, under the names in the documentation."""

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
        self._classes = {}
        for name, found in self.names.items():
            if inspect.isclass(found):
                self._classes.setdefault(name.rpartition(".")[2], set()).add(name)

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

    def meant(self, text, where):
        """The public name that a text in backquotes refers to, or None.

        where is the name whose docstring contains the text.  The nearest name counts: in the same
        class, in the same module, in `synth`, or a full name.  Otherwise it is a class with this
        name, if there is only one.
        """
        module = getattr(self.names.get(where), "__module__", where.rpartition(".")[0])
        for scope in (where, where.rpartition(".")[0], module, "synth"):
            if f"{scope}.{text}" in self.names:
                return f"{scope}.{text}"
        if text in self.names:
            return text
        found = self._classes.get(text.partition(".")[0], set())
        found = {f"{name}.{text.partition('.')[2]}".rstrip(".") for name in found}
        return found.pop() if len(found) == 1 and found <= self.names.keys() else None

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
        # A kernel is a function wrapped by numba.
        function = getattr(found, "py_func", found)
        kinds = inspect.isfunction(function) or inspect.isclass(found)
        return name[0] != "_" and kinds and function.__module__ == module.__name__


@cache
def _api(internal, found_by_name):
    return Api(internal, found_by_name)


def _skip(app, what, name, found, skip, options):
    """Document a name of `synth` on its own page only, not again in its module."""
    return True if what == "module" and id(found) in Api.of(app).top else None


def _check(app, env):
    documented = set(env.get_domain("py").objects)
    for name, found in Api.of(app).names.items():
        if name not in documented:
            docless = getattr(found, "__doc__", None) is None
            why = "has no docstring" if docless else "is on no page"
            _LOGGER.warning("public name %s %s", name, why, type="api", subtype="undocumented")


def _unlinked(app, env, node, contents):
    """Types in signatures and aliases are shown, but not linked, if they are on no page."""
    above = node.parent
    while above is not None and not isinstance(above, addnodes.desc_signature):
        if isinstance(above, addnodes.desc) and above["objtype"] == "data":
            break
        above = above.parent
    return contents if above is not None and isinstance(contents, nodes.Node) else None


def setup(app):
    app.add_config_value("api_internal", (), "env")
    app.add_config_value("api_found_by_name", {}, "env")
    app.connect("autodoc-skip-member", _skip)
    app.connect("env-check-consistency", _check)
    app.connect("missing-reference", _unlinked)
    return {"parallel_read_safe": True}
