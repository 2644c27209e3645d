"""Programs in notations: Python expressions, LaTeX, Graphviz DOT, HTML, SymPy; rules in words.

Use `Program.text`, `to_latex`, `to_dot` and `to_sympy`.  Names come from the columns of tables
and can be any text, so each notation has its own way to escape them.

A rule says what a program says of the columns of a table.  `terms.py` makes a term of a program
(`synth.language.meaning`), by what `operations.py` knows of primitives, and `simplify.py` moves
negations inside.  From that, `readable.py` writes words, `python_code.py`, `sql.py`,
`spreadsheet.py` and `symbolic.py` other languages, and `evaluation.py` evaluates it.
"""

__all__ = [
    "dot",
    "evaluation",
    "expression",
    "formula",
    "html",
    "latex",
    "operations",
    "python_code",
    "readable",
    "simplify",
    "spreadsheet",
    "sql",
    "symbolic",
    "terms",
]
