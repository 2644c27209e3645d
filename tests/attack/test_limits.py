"""Limits of the environment: control groups, affinity and ulimit."""

import json
import os
import subprocess
import sys

import pytest

from synth.engine import machine

GROUPS = {
    "version 2": (
        "0::/a/b\n",
        {"a/memory.max": "800000000", "a/b/memory.max": "max", "a/b/cpu.max": "150000 100000"},
    ),
    "version 2, in a namespace": (
        "0::/\n",
        {"memory.max": "800000000", "cpu.max": "20000 10000"},
    ),
    "version 1": (
        "4:memory:/a\n2:cpu,cpuacct:/a\n0::/\n",
        {
            "memory/a/memory.limit_in_bytes": "9223372036854771712",
            "memory/memory.limit_in_bytes": "800000000",
            "cpu,cpuacct/a/cpu.cfs_quota_us": "-1",
            "cpu/a/cpu.cfs_quota_us": "200000",
            "cpu/a/cpu.cfs_period_us": "100000",
        },
    ),
}


@pytest.mark.parametrize("kind", GROUPS)
def test_limits_of_a_container(kind, tmp_path, monkeypatch):
    groups, files = GROUPS[kind]
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert machine.memory_limits(tmp_path)["container"] == 8 * 10**8
    assert machine.default_threads(tmp_path) == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert machine.default_threads(tmp_path) == 1


def test_without_groups_the_machine_counts(tmp_path):
    assert "container" not in machine.memory_limits(tmp_path)
    assert machine.default_threads(tmp_path) == len(os.sched_getaffinity(0))


def limited(kilobytes, *arguments):
    command = f"ulimit -v {kilobytes}; exec {sys.executable} -m synth {' '.join(arguments)}"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, check=False
    )


def test_with_800_mb_of_addresses_a_search_ends_with_an_answer():
    done = limited(800_000, "search", "parity:n=6,k=3", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["optimal"]
    found = json.loads(limited(800_000, "doctor", "--json").stdout)
    assert found["memory limits"]["ulimit"] == 800_000 * 1024
    assert found["memory"] == (800_000 * 1024 - machine.ADDRESSES) // 2
