"""Where compiled kernels are kept, for those who report it."""

from synth.kernels import cache


def kernel_folder() -> str | None:
    """The folder of compiled kernels; None if no folder can be written."""
    return cache.folder()


def kernel_seconds() -> float:
    """The seconds that this process has spent compiling kernels or loading compiled ones.

    They are no part of the seconds of a search.
    """
    return cache.stopwatch.seconds


def kernels_are_kept() -> bool:
    """Whether that folder is still there after this process has ended."""
    return cache.temporary_folder is None
