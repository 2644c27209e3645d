"""A plugin of pytest: a test that takes too much processor time ends the process.

A loop that a mutant has made endless is often in a kernel, which no Python code can interrupt.
"""

import signal

import pytest

#: Seconds of processor time.  No test takes a quarter of it, kernels compiled anew included.
MOST = 200


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    signal.setitimer(signal.ITIMER_PROF, MOST)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
