"""Attacks: random DSLs, tasks and limits, and every claim of a result held against brute force."""
