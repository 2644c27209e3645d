"""Abstraction learning: patterns that shorten a family of programs become primitives."""
