"""Exact priors, posteriors and counts, and samples to check them by."""
