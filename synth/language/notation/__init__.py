"""Programs in other notations: LaTeX, Graphviz DOT, HTML and SymPy.

`Program.to_latex`, `to_dot` and `to_sympy` are the way in.  Names come from columns of
tables and can be any text, so each notation has its own way to make them inert.
"""

__all__ = ["dot", "formula", "html", "latex"]
