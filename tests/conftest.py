"""Stale kernels are removed before the tests run; tests do not fail for being slow.

Numba keeps a compiled kernel for as long as its own file is unchanged, and does not see
that a kernel it calls, in another file, has changed.
"""

from pathlib import Path

from hypothesis import HealthCheck, settings

# How long examples take to draw says how busy the machine is.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy")

KERNELS = Path(__file__).parent.parent / "synth" / "kernels"


def pytest_configure(config):
    newest = max(path.stat().st_mtime for path in KERNELS.glob("*.py"))
    for cached in (KERNELS / "__pycache__").glob("*.nb[ic]"):
        if cached.stat().st_mtime < newest:
            cached.unlink(missing_ok=True)
