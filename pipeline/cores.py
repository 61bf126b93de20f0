"""How many cores this process really has, and how long it may keep them."""

import ctypes
import math
import os
import signal
import sys
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
_PR_SET_PDEATHSIG = 1
"""See prctl(2)."""


def available_cores(cgroup: Path = CGROUP) -> int:
    """The cores that affinity, the cgroup's quota and OMP_NUM_THREADS leave, at least one.

    A container's quota is not in `os.cpu_count`; as many threads as the host has cores would
    only wait for each other.
    """
    limits = [len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()]
    if quota := _quota(cgroup):
        limits.append(math.ceil(quota))
    if (asked := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():
        limits.append(int(asked))
    return max(1, min(limit for limit in limits if limit))


def end_with_parent() -> None:
    """Have Linux end this process when the one that started it is killed, and not outlive it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _quota(cgroup: Path) -> float | None:
    """Cores by the quota of cgroup version 2, else 1; None where there is no limit."""
    try:
        limit, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            limit = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not limit.isdecimal() or not period.isdecimal() or int(limit) == 0 or int(period) == 0:
        return None
    return int(limit) / int(period)
