"""The number of threads follows the cores that the process really has."""

import os
from pathlib import Path

import pytest

from pipeline.cores import available_cores


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may run on four cores, with no other limit."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 4), ("150000 100000", 2), ("5000 100000", 1)]
)
def test_quota_of_cgroup_2_limits(quota: str, cores: int, four_cores: None, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert available_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 4), ("300000", 3)])
def test_quota_of_cgroup_1_limits(quota: str, cores: int, four_cores: None, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert available_cores(tmp_path) == cores


def test_affinity_alone_counts_without_a_quota(four_cores: None, tmp_path: Path) -> None:
    assert available_cores(tmp_path) == 4


def test_omp_num_threads_limits(
    four_cores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert available_cores(tmp_path) == 3
