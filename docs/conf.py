"""The configuration of Sphinx for `make docs`, where every warning is an error."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "extensions")]

from synth._version import __version__  # noqa: E402 - from this checkout

project = "synth"
author = "The synth authors"
copyright = "2026, The synth authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "api", "pages", "notebooks"]

#: Internal modules, and packages that are internal with all their modules.  Every other public
#: name must have a docstring and be in the API reference.
api_internal = (
    "synth.learners.predictor", "synth.learners.display",
    "synth.__main__", "synth._version", "synth.files", "synth.kernels", "synth.language.notation",
    "synth.language.costs", "synth.language.given", "synth.language.parsing",
    "synth.language.rounding",
    "synth.language.signatures", "synth.language.specification",
    "synth.engine.arguments", "synth.engine.band", "synth.engine.digests", "synth.engine.labelling",
    "synth.engine.machine", "synth.engine.progress", "synth.engine.watch",
    "synth.engine.backward", "synth.engine.bank", "synth.engine.checkpoint",
    "synth.engine.compiled", "synth.engine.crew", "synth.engine.curry",
    "synth.engine.enumerator", "synth.engine.interrupts", "synth.engine.job",
    "synth.engine.known", "synth.engine.making",
    "synth.engine.outcome", "synth.engine.reach",
    "synth.engine.forms", "synth.engine.joins", "synth.engine.rewriting",
    "synth.engine.transducers", "synth.engine.tries",
    "synth.engine.constants", "synth.engine.factors", "synth.engine.fits",
    "synth.engine.extension", "synth.engine.inner", "synth.engine.inversion",
    "synth.engine.pairing", "synth.engine.pool", "synth.engine.products",
    "synth.engine.shapes", "synth.engine.sums",
    "synth.engine.terms",
    "synth.engine.schedule", "synth.engine.scoring", "synth.engine.soundness",
    "synth.engine.targets",
    "synth.exact.behaviours", "synth.exact.connectives", "synth.exact.drawing",
    "synth.atlas.text", "synth.exact.operators", "synth.cli.complexity",
    "synth.exact.levels", "synth.exact.pairs", "synth.exact.products",
    "synth.dynamics.regrow", "synth.dynamics.trees",
    "synth.records.document", "synth.records.flat", "synth.runs.basis", "synth.runs.journal",
    "synth.tasks.cells", "synth.tasks.columns", "synth.tasks.dates",
    "synth.tasks.reading", "synth.tasks.sources",
    "synth.tasks.labels", "synth.tasks.letters", "synth.tasks.ranges", "synth.tasks.rules",
    "synth.tasks.values",
    "synth.report.bar", "synth.report.claims", "synth.report.escape", "synth.report.experiment",
    "synth.report.definitions", "synth.report.figure",
    "synth.report.matrix", "synth.report.notebook", "synth.report.text",
    "synth.report.automaton", "synth.report.contrasts", "synth.report.reasons",
    "synth.report.regression",
    "synth.report.page.automaton", "synth.report.page.chart", "synth.report.page.colours",
    "synth.report.page.contenders", "synth.report.page.descent",
    "synth.report.page.document", "synth.report.page.drawn", "synth.report.page.explore",
    "synth.report.page.markup", "synth.report.page.panel", "synth.report.page.parts",
    "synth.report.page.run", "synth.report.page.search", "synth.report.page.tree",
    "synth.cli.catalogue", "synth.cli.commands", "synth.cli.contrasting", "synth.cli.errors",
    "synth.cli.experiments", "synth.cli.help",
    "synth.cli.options", "synth.cli.output", "synth.cli.progress", "synth.cli.exit_status",
    "synth.cli.exploring", "synth.cli.regressing", "synth.cli.saved", "synth.cli.searching",
    "synth.verification.certificate", "synth.verification.classes", "synth.verification.complete",
    "synth.verification.document",
    "synth.verification.lists", "synth.verification.reach", "synth.verification.search",
    "synth.verification.sets", "synth.verification.sources", "synth.verification.values",
    "synth.cli.using", "synth.engine.languages", "synth.engine.large",
    "synth.language.comparisons", "synth.language.meaning", "synth.language.thresholds",
    "synth.exact.labelled", "synth.learners.columns", "synth.records.scored",
    "synth.report.results", "synth.report.scatter", "synth.report.page.numbers",
    "synth.tasks.formulas",
    "synth.report.score", "synth.report.shown", "synth.report.verdict",
    "synth.report.words",
    "synth.tasks.conditions", "synth.tasks.exports", "synth.tasks.frames",
    "synth.tasks.gaps", "synth.tasks.held_out",
    "synth.tasks.joining", "synth.tasks.meanings",
    "synth.tasks.table", "synth.tasks.titles",
    "synth.tasks.unseen", "synth.tasks.usable", "synth.tasks.words",
    "synth.engine.automata", "synth.engine.coding", "synth.engine.families", "synth.engine.folding",
    "synth.engine.loops", "synth.engine.points", "synth.engine.card_lists",
    "synth.engine.solving",
    "synth.engine.held_out", "synth.engine.last_step",
    "synth.report.languages",
    "synth.verification.languages", "synth.verification.numbers",
    "synth.verification.noises", "synth.engine.tails",
    "synth.verification.regression", "synth.verification.sequences",
    "synth.verification.families", "synth.verification.machines", "synth.verification.strings",
    "synth.verification.texts",
)  # fmt: skip
#: Packages whose modules are found by name, with their modules that are documented all the same.
#: `synth dsls`, `synth tasks` and the pages of experiments describe the other modules.
api_found_by_name = {
    "synth.language.dsls": (),
    "synth.tasks.builtin": (),
    "synth.experiments": (
        "synth.experiments.base",
        "synth.experiments.catalogue",
        "synth.experiments.fits",
        "synth.experiments.rows",
        "synth.experiments.runner",
    ),
}

nitpicky = True
nitpick_ignore = [("py:obj", "synth.language.meaning.Term")]  # of DSL authors alone
autodoc_member_order = "bysource"
autodoc_typehints = "none"
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

myst_heading_anchors = 3
highlight_language = "none"
smartquotes = False

html_theme = "furo"
html_title = f"synth {release}"
html_copy_source = False
html_show_sourcelink = False
