"""Reach: programs of hundreds of bits, beyond the enumeration, scored by the same code.

Start with `chain.py` (the heat bath), then `context.py` (a program with a hole), `pool.py` (what can
fill it) and `problem.py` (what a program costs).
"""
