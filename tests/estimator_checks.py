"""scikit-learn's checks of an estimator, all of which have to pass."""

import pytest

sklearn = pytest.importorskip("sklearn")
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

#: Skipped unless an environment variable is set before Python starts.
SKIPPED = {"check_array_api_input"}


def check_all(estimator, counts):
    """Run all checks; counts: how many a version of scikit-learn has for such an estimator."""
    found = checked(estimator)
    failed = [(c["check_name"], c["exception"]) for c in found if c["status"] == "failed"]
    assert failed == []
    assert {c["check_name"] for c in found if c["status"] == "skipped"} <= SKIPPED
    assert {c["status"] for c in found} <= {"passed", "skipped"}
    version = ".".join(sklearn.__version__.split(".")[:2])
    assert len(found) == counts.get(version, len(found)) >= 50


def checked(estimator):
    """What each check says."""
    return check_estimator(estimator, expected_failed_checks={}, on_skip=None, on_fail=None)
