"""What benchmarks/faults.py and benchmarks/load.py make of what they measure."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML
from test_benchmarks import script

ROOT = Path(__file__).parents[1]
LOG = """#253	INITED cov: 2170 ft: 4453 corp: 108/338Kb exec/s: 5 rss: 574Mb
#300	NEW    cov: 2204 ft: 4500 corp: 109/338Kb lim: 50001 exec/s: 5 rss: 574Mb
==26526== ERROR: libFuzzer: fuzz target exited
Done 5367 runs in 1500 second(s)
"""


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    return script("faults")


def test_every_fault_names_tests_that_are_there() -> None:
    parts = YAML(typ="safe").load(ROOT / "benchmarks/faults.yaml")
    names = [name for tests in parts.values() for found in tests.values() for name in found]
    assert len(names) > 40
    for name in names:
        file, _, function = name.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not function or f"def {function}(" in text, name


def test_the_log_of_fuzzing_is_read(faults: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "splitter.log").write_text(LOG)
    found = faults.read_fuzzing(tmp_path / "splitter.log")
    assert (found.target, found.executions, found.minutes) == ("splitter", 5367, 25.0)
    assert (found.coverage, found.findings) == ((2170, 2204), 1)


def test_a_fault_counts_by_the_test_that_causes_it(
    faults: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = tmp_path / "test_sample.py"
    test.write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(3))\n"
        "def test_a(n): assert n\n"
        "def test_b(): pytest.skip('not here')\n"
    )
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    counts = faults.run_tests([str(test)])
    assert counts == (3, 2, 1, 1)
    assert faults.run_tests([f"{test}::test_none"]) == (0, 0, 0, 0)
    page = faults.report([("models", "a file lost", counts)], [("read", counts)], [])
    assert "3 faults caused, 2 survived, 1 lost, 1 not permitted" in page
    assert "models: a file lost" in page


def test_the_report_of_the_load_tells_refusals_from_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    report = script("load_report")
    figures = {"per_second": 2.0, "p50_seconds": 0.5, "p95_seconds": 0.9, "p99_seconds": 1.1}
    requests = tuple(
        report.Request(name=name, n=100, n_failed=7, max_seconds=2.0, **figures)
        for name in ("predict", "Aggregated")
    )
    load = report.Load(
        mode="mix",
        n_clients=8,
        seconds=60.0,
        requests=requests,
        errors={"predict: 503": 4, "predict: 429": 2, "predict: 500": 1},
        memory_start_mb=500.0,
        memory_warm_mb=510.0,
        memory_samples_mb=(510.0, 520.0),
        memory_end_mb=515.0,
    )
    report.write_report(tmp_path / "load", [load], exit_code=0, n_defects=0)
    page = (tmp_path / "load.md").read_text()
    row = next(line for line in page.splitlines() if "predict" in line and "mix" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")] == (
        ["mix", "8", "predict", "93", "2.00", "0.50", "0.90", "1.10", "2.00", "6", "1"]
    )
    assert (tmp_path / "load.svg").is_file() and (tmp_path / "load.json").is_file()
