"""The built-in tasks: one module for each kind, with `TASKS` mapping names to functions."""
