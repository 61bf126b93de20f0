"""The command line: what it writes, what it says of bad input and with which exit code."""

import errno
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Call, assert_one_message

from pipeline.cli import main, predict_main
from pipeline.records import STANCES

REPOSITORY = Path(__file__).parents[1]
TEXT = "We welcome the offer warmly. They must withdraw at once. The meeting lasted two hours.\n"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def labelled(path: Path, *stances: str) -> Path:
    rows = [
        {"id": str(number), "text": TEXT.split(".")[number % 3], "previous": "", "stance": stance}
        for number, stance in enumerate(stances)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_missing_file(call: Call, tiny_baseline: Path):
    result = call("predict", "absent.txt", "--model", tiny_baseline)
    assert_one_message(result, "absent.txt: no such file")


def test_a_bad_input_does_not_keep_the_others_from_being_scored(
    call: Call, article: Path, tiny_baseline: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\x00\x01")))
    names = ["absent.txt", "-", article]
    code, out, err = call("predict", *names, "--model", tiny_baseline, "--format", "jsonl")
    assert code == 2
    assert {json.loads(line)["source"] for line in out.splitlines()} == {str(article)}
    assert "absent.txt: no such file" in err
    assert "standard input: " in err


def test_an_empty_file(call: Call, tmp_path: Path, tiny_baseline: Path):
    (tmp_path / "empty.txt").touch()
    result = call("predict", "empty.txt", "--model", tiny_baseline)
    assert_one_message(result, "empty.txt: empty; give a file with text in it")


def test_no_model(call: Call, article: Path):
    assert_one_message(call("predict", article), "models/encoder: no trained model here")


def test_an_altered_model_file(call: Call, article: Path, tmp_path: Path, tiny_baseline: Path):
    shutil.copytree(tiny_baseline, tmp_path / "model")
    with (tmp_path / "model/baseline.skops").open("ab") as weights:
        weights.write(b"!")
    result = call("predict", article, "--model", "model")
    assert_one_message(result, "model/baseline.skops: altered since it was saved")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--format", "xml"], "--format 'xml' is not one of table, json, jsonl, csv, parquet"),
        (["--kind", "poem"], "--kind 'poem' is not one of readout, statement, briefing"),
        (["--format", "parquet"], "--format parquet needs a file to write to: add -o"),
    ],
)
def test_an_option_that_cannot_be(
    call: Call, article: Path, tiny_baseline: Path, arguments: list[str], expected: str
):
    result = call("predict", article, "--model", tiny_baseline, *arguments)
    assert_one_message(result, expected)


def test_an_unknown_format_of_evaluate(call: Call):
    result = call("evaluate", "--format", "xml", "--configs", REPOSITORY / "configs")
    assert_one_message(result, "--format 'xml' is not one of table, json")


def test_an_unknown_model_to_train(call: Call):
    assert_one_message(call("train", "forest"), "model 'forest' is not one of baseline, encoder")


def test_a_typo_in_the_settings_is_named(call: Call, tmp_path: Path):
    text = (REPOSITORY / "configs/split.yaml").read_text(encoding="utf-8")
    (tmp_path / "split.yaml").write_text(text + "\nsede: 1\n", encoding="utf-8")
    code, _, err = result = call("split", "--configs", tmp_path)
    assert_one_message(result, "split.yaml: sede: ")
    assert "Known keys: " in err
    assert code == 2


def test_a_stance_that_does_not_exist_is_named_with_its_line(
    call: Call, tmp_path: Path, tiny_baseline: Path
):
    labelled(tmp_path / "rows.jsonl", "neutral", "sceptical")
    configs = REPOSITORY / "configs"
    code, out, err = call(
        "evaluate", "--data", "rows.jsonl", "--model", tiny_baseline, "--configs", configs
    )
    assert (code, out) == (2, "")
    assert err == (
        "error: rows.jsonl:2: stance 'sceptical' is not one of "
        "conciliatory, demanding, skeptical, neutral\n"
    )


def test_evaluate_prints_one_json_object(call: Call, tmp_path: Path, tiny_baseline: Path):
    labelled(tmp_path / "rows.jsonl", "conciliatory", "demanding", "neutral")
    code, out, err = call(
        *("evaluate", "--data", "rows.jsonl", "--model", tiny_baseline, "--format", "json"),
        *("--configs", REPOSITORY / "configs"),
    )
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["n"] == 3
    assert found["macro_f1"] == found["accuracy"] == 1
    assert set(found["per_class"]) == set(STANCES)
    assert 0 <= found["ece"] <= 1


def test_evaluate_prints_tables(call: Call, tmp_path: Path, tiny_baseline: Path):
    labelled(tmp_path / "rows.jsonl", "conciliatory", "demanding", "neutral")
    code, out, _ = call(
        *("evaluate", "--data", "rows.jsonl", "--model", tiny_baseline),
        *("--configs", REPOSITORY / "configs"),
    )
    assert code == 0
    assert all(stance in out for stance in STANCES)


def test_predict_writes_a_file(call: Call, article: Path, tmp_path: Path, tiny_baseline: Path):
    arguments = ["--model", tiny_baseline, "--format", "json", "-o", "out[/].json"]
    code, out, err = call("predict", article, *arguments)
    assert (code, out) == (0, "")
    assert "1 documents -> out[/].json" in err
    (document,) = json.loads((tmp_path / "out[/].json").read_text(encoding="utf-8"))["documents"]
    stances = [prediction["stance"] for prediction in document["predictions"]]
    assert stances == ["conciliatory", "demanding", "neutral"]


def test_the_table_can_be_written_to_a_file(call: Call, article: Path, tiny_baseline: Path):
    code, _, _ = call("predict", article, "--model", tiny_baseline, "-o", "out.txt")
    assert code == 0
    assert "They must withdraw at once." in Path("out.txt").read_text(encoding="utf-8")


def test_predict_reads_standard_input(
    call: Call, monkeypatch: pytest.MonkeyPatch, tiny_baseline: Path
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    code, out, _ = call("predict", "--model", tiny_baseline, "--format", "jsonl")
    assert code == 0
    assert [json.loads(line)["stance"] for line in out.splitlines()] == [
        "conciliatory",
        "demanding",
        "neutral",
    ]


def test_an_empty_issuer_is_no_issuer(call: Call, article: Path, tiny_baseline: Path):
    arguments = ["--model", tiny_baseline, "--issuer", " ", "--format", "jsonl"]
    code, out, _ = call("predict", article, *arguments)
    assert code == 0
    assert json.loads(out.splitlines()[0])["issuer"] is None


def test_a_full_disk_leaves_the_earlier_file(
    call: Call,
    article: Path,
    tmp_path: Path,
    tiny_baseline: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    (tmp_path / "out.csv").write_text("earlier\n", encoding="utf-8")

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipeline.storage.os.replace", full)
    arguments = ["--model", tiny_baseline, "--format", "csv", "-o", "out.csv"]
    result = call("predict", article, *arguments)
    assert_one_message(result, "out.csv: cannot be written: No space left on device")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "earlier\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["article.txt", "out.csv"]


def test_predictions_and_documents_on_a_really_full_disk(
    call: Call, article: Path, tmp_path: Path, tiny_baseline: Path, small_disk: Callable
):
    disk = small_disk(4)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/long.txt").write_text(TEXT * 1000, encoding="utf-8")
    article.write_text(TEXT * 100, encoding="utf-8")
    for arguments in (
        ["predict", article, "--model", tiny_baseline, "--format", "json", "-o", disk / "out"],
        ["predict", article, "--model", tiny_baseline, "--format", "parquet", "-o", disk / "out"],
        ["prepare", "seeds", disk / "out"],
    ):
        code, out, err = call(*arguments)
        expected = "out: cannot be written: No space left on device"
        assert_one_message((code, out, err.lstrip()), expected)
        assert list(disk.iterdir()) == []


@pytest.mark.parametrize("output_format", ["table", "json"])
def test_standard_output_on_a_full_disk(article: Path, tiny_baseline: Path, output_format: str):
    if not Path("/dev/full").is_char_device():
        pytest.skip("no /dev/full here")
    command = [sys.executable, "-c", "from pipeline.cli import predict_main; predict_main()"]
    command += [str(article), "--model", str(tiny_baseline), "--format", output_format]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    result = ended.returncode, "", ended.stderr
    assert_one_message(result, "the output cannot be written: No space left on device")


@pytest.mark.parametrize(
    ("name", "content"), [("bad.txt", ""), ("bad.jsonl", '{"id": "a"}\n'), ("bad.pdf", "%PDF-1.7")]
)
def test_good_files_are_written_beside_a_bad_one(
    call: Call, article: Path, tmp_path: Path, tiny_baseline: Path, name: str, content: str
):
    (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "last.txt").write_text(TEXT, encoding="utf-8")
    arguments = ["--model", tiny_baseline, "--format", "json", "-o", "out.json"]
    code, _, err = call("predict", article, name, "last.txt", *arguments)
    assert code == 2
    assert f"error: {name}:" in err
    assert "Traceback" not in err
    documents = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["documents"]
    assert [document["document"]["id"] for document in documents] == ["article", "last"]


def test_a_stopped_training_names_resume_and_leaves_the_earlier_model(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "models/baseline").mkdir(parents=True)
    (tmp_path / "models/baseline/model.json").write_text("earlier", encoding="utf-8")

    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.train.run_train", stopped)
    monkeypatch.setattr("pipeline.cli.stages.signal.signal", lambda *arguments: None)
    result = call("train", "baseline", "--no-track", "--configs", REPOSITORY / "configs")
    assert_one_message(result, "`readout train baseline --resume` goes on")
    assert [path.name for path in (tmp_path / "models").rglob("*")] == ["baseline", "model.json"]
    assert (tmp_path / "models/baseline/model.json").read_text(encoding="utf-8") == "earlier"


def test_explain_shows_brackets_as_they_are(call: Call):
    code, out, _ = call("label", "--explain", "They must withdraw [/] at once.")
    assert code == 0
    assert "demanding" in out


@pytest.mark.parametrize(("entry", "arguments"), [(main, ["predict"]), (predict_main, [])])
def test_both_commands_predict(
    entry: Callable[[], None],
    arguments: list[str],
    article: Path,
    tiny_baseline: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    rest = [str(article), "--model", str(tiny_baseline), "--format", "jsonl"]
    monkeypatch.setattr(sys, "argv", ["command", *arguments, *rest])
    with pytest.raises(SystemExit) as ended:
        entry()
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_help_loads_no_large_library():
    program = (
        "import sys\n"
        "from pipeline.cli import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "large = {'torch', 'sklearn', 'mlflow', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'loaded {large}' if large else 0)\n"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert ended.returncode == 0, ended.stderr
    assert "predict" in ended.stdout


def test_the_baseline_loads_neither_torch_nor_mlflow(article: Path, tiny_baseline: Path):
    program = (
        "import sys\n"
        "from pipeline.cli import predict_main\n"
        "try:\n    predict_main()\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "large = {'torch', 'transformers', 'mlflow', 'datasets'} & set(sys.modules)\n"
        "sys.exit(f'loaded {large}' if large else 0)\n"
    )
    command = [sys.executable, "-c", program, str(article), "--model", str(tiny_baseline)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
