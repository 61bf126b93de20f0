"""Commands watched from outside: their time, and the memory of all their processes."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

SECONDS_BETWEEN_SAMPLES = 0.5

LAUNCHER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""
"""A small process between, since a child's peak memory begins with that of its parent."""


@dataclass
class Watched:
    """What was seen of a command."""

    seconds: float = 0.0
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, and MB of the command with all its children."""
    ended: bool = True
    """Whether it came to its end, and not to its limit."""

    @property
    def peak_mb(self) -> float:
        """The most memory of all processes together."""
        return max((mb for _, mb in self.memory), default=0.0)


def timed_command(*arguments: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of one Python command without children.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, *arguments]
    launcher = [sys.executable, "-S", "-E", "-c", LAUNCHER, *command]
    done = subprocess.run(launcher, env=environment(), capture_output=True, text=True, check=True)
    seconds, peak, status = done.stdout.split()
    if status != "0":
        raise RuntimeError(f"{' '.join(arguments)} ended with {status}: {done.stderr[-500:]}")
    return float(seconds), float(peak)


def watch(
    arguments: Sequence[str], *, cores: int | None = None, limit_seconds: float | None = None
) -> Watched:
    """Run a Python command to its end, or kill it and its children (kill -9) at the limit.

    Raises:
        RuntimeError: it failed.
    """
    seen = Watched()
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(cores),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while process.poll() is None:
            seen.seconds = time.perf_counter() - start
            if limit_seconds is not None and seen.seconds > limit_seconds:
                seen.ended = False
                kill_tree(process.pid)
                break
            seen.memory.append((seen.seconds, tree_mb(process.pid)))
            time.sleep(SECONDS_BETWEEN_SAMPLES)
        _, told = process.communicate()
    if seen.ended:
        seen.seconds = time.perf_counter() - start
        if process.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {process.returncode}: {told[-500:]}")
    return seen


def kill_tree(process_id: int) -> None:
    """End a process and all below it at once, as `kill -9` and a lost machine do."""
    parent = psutil.Process(process_id)
    for process in (*parent.children(recursive=True), parent):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def tree_mb(process_id: int) -> float:
    """Memory in MB of a process and all below it; what they share counts once (PSS)."""
    try:
        parent = psutil.Process(process_id)
        processes = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0.0
    return sum(map(_megabytes, processes))


def environment(cores: int | None = None) -> dict[str, str]:
    """The environment of a command that imports this checkout; with `cores`, on so many."""
    values = os.environ | {"PYTHONPATH": os.getcwd()}
    return values | ({"OMP_NUM_THREADS": str(cores)} if cores else {})


def _megabytes(process: psutil.Process) -> float:
    try:
        memory = process.memory_full_info()
    except psutil.Error:  # it has just ended
        return 0.0
    return getattr(memory, "pss", memory.rss) / 1e6
