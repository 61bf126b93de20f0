"""What the benchmarks of speed, scale and streaming compute from what they measure."""

import json
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import psutil
import pytest

from pipeline.export_record import EXPORT, ExportRecord, read_export_record
from pipeline.records import STANCES, Stance
from pipeline.storage import check_manifest, write_manifest, write_text

ROOT = Path(__file__).parents[1]
NAMES = (
    *("cascade", "corpora", "figures", "machine", "scale_costs", "speed", "speed_plot"),
    *("speed_report", "streaming", "time_shares", "watched"),
)


@pytest.fixture(scope="module")
def bench() -> Iterator[dict[str, ModuleType]]:
    """The scripts by name; they import each other, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield {name: import_module(name) for name in NAMES}
    for name in NAMES:
        sys.modules.pop(name, None)


def run_of(bench: dict[str, ModuleType], name: str, **changes: object) -> object:
    """A run of a corpus, with the changes asked for."""
    values = {
        "name": name,
        "engine": "local",
        "sentences": 40_000,
        "scored": 40_000,
        "cores": 2,
        "seconds": 100.0,
        "steady_rate": 800.0,
        "peak_mb": 700.0,
        "slope_mb": 0.5,
    }
    return bench["figures"].CorpusRun(**(values | changes))


@pytest.fixture
def figures(bench: dict[str, ModuleType]) -> object:
    """A whole run of the benchmark, with figures that are easy to divide."""
    kinds = bench["figures"]

    def contestant(rate: float, macro_f1: float | None = 0.8, n: int = 100) -> object:
        rates = (rate, rate / 2, rate * 2)
        return kinds.Contestant(
            n=n, rates=rates, peak_mb=300.0, macro_f1=macro_f1, equal_to_torch=None
        )

    loop = kinds.TrainingLoop
    return kinds.Bench(
        processor="a processor",
        versions="onnxruntime 1",
        cores=2,
        quick=False,
        sentences=100,
        export="no int8 variant was asked for",
        contestants={
            "Readout, bfloat16 (OpenVINO)": contestant(1000.0),
            "Readout, float32": contestant(400.0),
            "transformers pipeline": contestant(100.0, macro_f1=None),
        },
        missing={"SetFit": "No module named 'setfit'"},
        commands={"predict": kinds.Command(seconds=(1.0, 1.5, 1.1), peak_mb=320.0)},
        corpora=(
            run_of(bench, "size", scored=100_000),
            run_of(bench, "cores", cores=1, steady_rate=400.0),
            run_of(bench, "cores", steady_rate=760.0),
            run_of(bench, "onnxruntime alone", steady_rate=360.0),
            run_of(bench, "ray", engine="ray", steady_rate=720.0),
            run_of(bench, "beside ray"),
        ),
        floor=kinds.Floor(
            mean_tokens=28.0, operations=5e8, matrix_rates={"bfloat16": 1e12, "float32": 4e11}
        ),
        time_shares={
            "default": kinds.TimeShares(sentences_per_second=500.0, shares={"tokenizer": 1.0})
        },
        cascade=(),
        training={
            "Readout": loop(sentences_per_second=60.0, epoch_minutes=5.0),
            "plain Trainer, fixed padding": loop(sentences_per_second=15.0, epoch_minutes=20.0),
        },
    )


def cells(report: str, first: str) -> list[str]:
    """The cells of the first row of a table that begins with that word."""
    row = next(line for line in report.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_a_corpus_has_as_many_sentences_and_none_twice(
    bench: dict[str, ModuleType], tmp_path: Path
):
    path = tmp_path / "corpus.jsonl"
    bench["corpora"].write_corpus(path, ["They met.", "Talks went on."], 45)
    documents = [json.loads(line)["text"].split("\n\n") for line in path.read_text().splitlines()]
    assert [len(sentences) for sentences in documents] == [20, 20, 5]
    assert len({sentence for sentences in documents for sentence in sentences}) == 45


def test_the_steady_rate_leaves_the_first_part_of_each_core_out(bench: dict[str, ModuleType]):
    commits = [(10.0, 100), (11.0, 100), (13.0, 300), (15.0, 500), (16.0, 200)]
    assert bench["corpora"].steady_rate(commits, cores=2) == pytest.approx(1000 / 5)
    assert bench["corpora"].steady_rate(commits[:4], cores=2) is None


def test_the_slope_is_of_the_second_half(bench: dict[str, ModuleType]):
    samples = [
        (second, 500.0 + (10.0 * second if second < 50 else 2.0 * second))
        for second in map(float, range(101))
    ]
    seen = bench["watched"].Watched(seconds=100.0, memory=samples)
    assert bench["corpora"].slope(seen, rate=1000.0) == pytest.approx(200.0)
    assert bench["corpora"].slope(seen, rate=None) is None


CHILD = "import time; kept = bytearray(60_000_000); time.sleep({})"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"


def test_memory_of_children_counts(bench: dict[str, ModuleType]):
    seen = bench["watched"].watch(["-c", PARENT.format(CHILD.format(2))])
    assert seen.ended
    assert seen.peak_mb > 60
    assert seen.seconds > 2


def test_at_its_limit_a_command_ends_with_its_children(
    bench: dict[str, ModuleType], tmp_path: Path
):
    note = tmp_path / "child"
    child = f"import os; open({str(note)!r}, 'w').write(str(os.getpid()));" + CHILD.format(60)
    seen = bench["watched"].watch(["-c", PARENT.format(child)], limit_seconds=2.5)
    assert not seen.ended
    deadline = time.monotonic() + 10
    number = int(note.read_text())
    while psutil.pid_exists(number) and psutil.Process(number).status() != "zombie":
        assert time.monotonic() < deadline, "the child goes on"
        time.sleep(0.1)


def test_a_command_that_fails_is_told_with_its_words(bench: dict[str, ModuleType]):
    with pytest.raises(RuntimeError, match="no such thing"):
        bench["watched"].watch(["-c", "import sys; sys.exit('no such thing')"])
    with pytest.raises(RuntimeError, match="ended with 1"):
        bench["watched"].timed_command("-c", "raise SystemExit(1)")


@pytest.mark.parametrize(
    ("operation", "name", "kind"),
    [
        ("FullyConnected", "node_linear_3", "matrix products"),
        ("MatMul", "node_MatMul_87_kernel_time", "matrix products"),
        ("MatMul", "node_matmul_3_kernel_time", "attention"),
        ("Subgraph", "node_matmul_1", "attention"),
        ("Softmax", "node_softmax", "attention"),
        ("BiasGelu", "node_gelu", "layer norm, GELU, sums"),
        ("Transpose", "node_transpose", "moving and looking up"),
    ],
)
def test_operations_are_told_apart(
    bench: dict[str, ModuleType], operation: str, name: str, kind: str
):
    assert bench["time_shares"].kind_of(operation, name) == kind


def test_only_what_is_settled_as_neutral_is_spared_where_spans_are_needed(
    bench: dict[str, ModuleType],
):
    gold = np.array([STANCES.index(Stance.NEUTRAL), 0, 0, 1])
    large = np.eye(4)[gold]
    small = np.full((4, 4), 0.02)
    small[[0, 1, 2, 3], [STANCES.index(Stance.NEUTRAL), 0, 1, 1]] = [0.94, 0.94, 0.55, 0.4]
    steps = bench["cascade"].cascade_steps(small, large, gold, (1000.0, 100.0))
    by_level = {step.sure: step for step in steps}
    assert by_level[0.9].settled == 0.5
    assert by_level[0.9].settled_neutral == 0.25
    assert by_level[0.9].macro_f1_loss == 0
    assert by_level[0.9].speed_up == pytest.approx(0.01 / (0.001 + 0.5 * 0.01))
    assert by_level[0.9].speed_up_with_spans == pytest.approx(0.01 / (0.001 + 0.75 * 0.01))
    assert by_level[0.5].settled == 0.75
    assert by_level[0.5].macro_f1_loss > 0


def test_answers_are_scored_by_what_was_read(bench: dict[str, ModuleType]):
    speed = bench["speed"]
    gold = np.array([0, 1, 2, 3])
    torch = speed.Turns(n=4, rates=[1.0], stances=np.array([0, 1, 2, 0]))
    part = speed.Turns(n=2, rates=[1.0], stances=np.array([0, 2]))
    found = speed.scored({speed.TORCH: torch, "part": part, "time": speed.Turns(4, [1.0])}, gold)
    assert found[speed.TORCH].equal_to_torch == 1.0
    assert found["part"].equal_to_torch == 0.5
    assert found["time"].macro_f1 is None


def test_the_report_gives_ratios_of_medians_first(bench: dict[str, ModuleType], figures: object):
    report = bench["speed_report"].report(figures, "bench.svg")
    assert cells(report, "transformers pipeline")[1:4] == ["10.0", "100", "50 to 200"]
    assert cells(report, "predict")[1:] == ["1.10", "1.00 to 1.50", "320"]
    assert "Left out: SetFit: No module named 'setfit'." in report
    assert "2 cores do 1.90 times the work of one." in report
    assert "A core on Ray does 90% of what it does in a process of our own." in report
    assert cells(report, "bfloat16")[1:4] == ["1000", "2000", "50%"]
    assert cells(report, "Readout ")[1:] == ["4.0", "60.0", "5.0"]


def test_the_picture_is_an_svg(bench: dict[str, ModuleType], figures: object, tmp_path: Path):
    bench["speed_plot"].plot(tmp_path / "bench.svg", figures)
    assert "<svg" in (tmp_path / "bench.svg").read_text()


def test_costs_follow_from_the_steady_rate_of_a_core(
    bench: dict[str, ModuleType], figures: object, monkeypatch: pytest.MonkeyPatch
):
    costs = bench["scale_costs"]
    machine = costs.Machine("kind", cores=10, dollars_per_hour=2.0, bfloat16=True)
    slow = costs.Machine("slow", cores=10, dollars_per_hour=2.0, bfloat16=False)
    monkeypatch.setattr(costs, "MACHINES", (machine, slow))
    told = costs.costs(figures)
    # 100 million sentences at 400 a second are 69.4 core-hours, 6.94 hours of ten cores.
    assert cells(told, "kind")[1:4] == ["400", "69", "6.9 hours, 14 USD"]
    assert cells(told, "slow")[1:4] == ["180", "150", "15 hours, 31 USD"]
    assert cells(told, "kind")[4:] == ["6,900", "29 days, 1,400 USD"]


def test_costs_need_a_run_that_is_long_enough(bench: dict[str, ModuleType], figures: object):
    short = figures.model_copy(update={"corpora": (run_of(bench, "size", steady_rate=None),)})
    with pytest.raises(ValueError, match="long enough; run `make bench`"):
        bench["scale_costs"].costs(short)


def test_costs_stand_between_their_marks_alone(bench: dict[str, ModuleType]):
    costs = bench["scale_costs"]
    page = f"before\n{costs.BEGIN}\nold\n{costs.END}\nafter\n"
    told = costs.with_costs(page, "new")
    assert told == f"before\n{costs.BEGIN}\n\nnew\n\n{costs.END}\nafter\n"
    assert costs.with_costs(told, "new") == told
    with pytest.raises(ValueError, match="marks"):
        costs.with_costs("no marks", "new")


def test_the_page_tells_the_costs_of_the_last_bench(bench: dict[str, ModuleType]):
    costs = bench["scale_costs"]
    page = (ROOT / costs.PAGE).read_text(encoding="utf-8")
    if not (ROOT / costs.BENCH).is_file():
        costs.with_costs(page, "the marks are there")
        pytest.skip("no reports/bench.json; `make bench` writes it")
    figures = bench["figures"].Bench.model_validate_json((ROOT / costs.BENCH).read_text("utf-8"))
    assert costs.with_costs(page, costs.costs(figures)) == page


def test_operations_of_a_sentence_are_those_of_its_products(
    bench: dict[str, ModuleType], tmp_path: Path
):
    config = {"hidden_size": 2, "intermediate_size": 3, "num_hidden_layers": 5}
    (tmp_path / "config.json").write_text(json.dumps(config))
    # A token: 4 projections 2 x 2, two products 2 x 3, and 2 x 7 in each product of attention.
    by_hand = 2 * 5 * 7 * (4 * 4 + 2 * 6 + 2 * 7 * 2)
    found = bench["machine"].sentence_operations(tmp_path / "config.json", 7)
    assert found == by_hand


def test_without_bfloat16_the_export_is_whole_and_says_so(
    bench: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    exported = tmp_path / "encoder-onnx"
    exported.mkdir()
    record = ExportRecord(source="0" * 64, kept="float32", margin=0.4, bfloat16=True, reason="none")
    write_text(exported / EXPORT, record.model_dump_json())
    write_manifest(exported)
    monkeypatch.setattr(bench["speed"], "EXPORTED", exported)
    copy = bench["speed"].without_bfloat16(tmp_path)
    assert not read_export_record(copy).bfloat16
    assert read_export_record(exported).bfloat16
    check_manifest(copy)


def test_made_inputs_have_the_size_asked_for_and_nothing_twice(
    bench: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    streaming = bench["streaming"]
    monkeypatch.setattr(streaming, "FILES_PER_FOLDER", 3)
    streaming.write_files(tmp_path / "files", ["They met.", "Talks went on."], 7)
    files = list((tmp_path / "files").rglob("*.txt"))
    assert len({path.read_text() for path in files}) == 7
    assert len(list((tmp_path / "files").iterdir())) == 3
    lines = tmp_path / "press.jsonl"
    streaming.write_lines(lines, ["They met."], 1000)
    assert 1000 <= lines.stat().st_size < 1100
    texts = [json.loads(line)["text"] for line in lines.read_text().splitlines()]
    assert len(set(texts)) == len(texts)


def test_what_is_twice_or_missing_is_counted(bench: dict[str, ModuleType], tmp_path: Path):
    (tmp_path / "_parts").mkdir()
    shards = {0: ["a", "b"], 1: ["b"], 2: ["c"]}
    for number, ids in shards.items():
        rows = (json.dumps({"document": "press", "id": name}) for name in ids)
        (tmp_path / f"part-{number:06}.jsonl").write_text("\n".join(rows) + "\n")
    for number, told in {0: 2, 1: 3}.items():  # the part 2 is not done
        (tmp_path / f"_parts/{number:06}.json").write_text(json.dumps({"sentences": told}))
    assert bench["streaming"].twice_or_missing(tmp_path) == (3, 1, 2)


@pytest.mark.slow
def test_a_folder_is_streamed_and_gone_on_with(
    bench: dict[str, ModuleType],
    tmp_path: Path,
    tiny_baseline: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(ROOT)
    streaming = bench["streaming"]
    streaming.write_files(tmp_path / "files", ["They met. They must withdraw at once."], 600)
    found = streaming.stream("files", tmp_path / "files", str(tiny_baseline), 60.0, tmp_path)
    assert found.ended
    assert (found.files, found.twice, found.missing, found.done_again) == (600, 0, 0, 0)
    assert found.scored >= 1200
    assert found.peak_mb > 50
    assert cells(streaming.report([found]), "files")[1] == "600"
