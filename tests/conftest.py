"""Tests do not fail because they are slow; a cluster for those that need one."""

import os

# Two processes test on two cores: linear algebra with threads of its own would wait for them, which
# takes three times as long. It reads this when NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# How long examples take to draw says how busy the machine is.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy")


@pytest.fixture(scope="module")
def cluster():
    """A dask cluster of two processes."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running
