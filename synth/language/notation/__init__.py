"""Programs in notations: Python expressions, LaTeX, Graphviz DOT, HTML and SymPy.

Use `Program.text`, `to_latex`, `to_dot` and `to_sympy`.  Names come from the columns of tables
and can be any text, so each notation has its own way to escape them.
"""

__all__ = ["dot", "expression", "formula", "html", "latex"]
