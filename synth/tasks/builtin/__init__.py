"""The built-in tasks: one module for each kind, with a mapping `TASKS` of names to functions."""
