"""Small real networks to stand beside programs: thousands at a time, in NumPy alone."""
