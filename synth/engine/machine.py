"""How much memory and how many cores this process may use: of the machine, or of its container.

A container is a control group of Linux, of version 1 or 2 (see "Control Group v2" in the kernel's
documentation): a group is bound by its own limit and by those of all groups around it.
"""

import math
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

try:
    import resource
except ImportError:  # a system without such limits
    resource = None  # type: ignore[assignment]

#: Bytes of the process itself, Python and libraries with all kernels loaded, beside `--memory`;
#: and of addresses, which a limit of the address space (ulimit -v) counts.
PROCESS, ADDRESSES = 175 * 10**6, 550 * 10**6
#: A version 1 group without a limit states about 2**63.
_NO_LIMIT = 2**60


def memory_limits(root: Path = Path("/")) -> dict[str, int]:
    """Bytes that the "machine" has, and that "container" and "ulimit" allow, where known."""
    found = {}
    with suppress(AttributeError, ValueError, OSError):
        found["machine"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    stated = [_number(f.read_text().split()[0]) for f in _group_files(root, "memory")]
    known = [limit for limit in stated if limit is not None and limit < _NO_LIMIT]
    if known:
        found["container"] = min(known)
    if resource is not None:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found["ulimit"] = limit
    return found


def default_memory() -> int:
    """Half of the memory that there is for behaviours, in bytes; 2 GiB if that is unknown."""
    limits = memory_limits()
    taken = {"container": PROCESS, "ulimit": ADDRESSES}
    shares = [(limit - taken.get(kind, 0)) // 2 for kind, limit in limits.items()]
    return max(2**24, min(shares, default=2**31))


def default_threads(root: Path = Path("/")) -> int:
    """The number of cores that this process may use, by its affinity and its container."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    for file in _group_files(root, "cpu"):
        quota, *period = map(_number, file.read_text().split())
        if not period:  # version 1 states it in another file
            period = [_number(file.with_name("cpu.cfs_period_us").read_text())]
        if quota and period[0] and quota > 0:
            cores = min(cores, max(1, math.ceil(quota / period[0])))
    return cores


def _group_files(root, controller):
    """The files that state the limit of a controller for this process's groups, that can be read.

    root: the root of the file system.
    """
    names = {"memory": "memory.limit_in_bytes", "cpu": "cpu.cfs_quota_us"}
    groups = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            top, name = groups, f"{controller}.max"
        elif controller in controllers.split(","):
            top, name = groups / controller, names[controller]
        else:
            continue
        # Within a container its own group may be mounted as the top.
        within = PurePosixPath(group.lstrip("/"))
        for each in (within, *within.parents):
            file = top / each / name
            if file.is_file() and os.access(file, os.R_OK):
                yield file


def _number(text):
    """The number of a text, None for "max"."""
    return int(text) if text.strip().lstrip("-").isdigit() else None
