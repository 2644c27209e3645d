"""Tests do not fail because they are slow."""

from hypothesis import HealthCheck, settings

# How long examples take to draw says how busy the machine is.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy")
