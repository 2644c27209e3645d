"""Learners that move: stochastic search over a program and a memorised table."""
