"""The command compare, and the reports and explanations of predict."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Call, assert_one_message
from test_compare import words_as_vectors

from pipeline.compare import Comparison

ONE = "We welcome the offer warmly. They must withdraw at once. The meeting lasted two hours.\n"
OTHER = "We doubt that promise of wheat. Troops must leave at once. We welcome the harvest.\n"


@pytest.fixture(autouse=True)
def meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words stand in for meanings, so that no encoder is loaded."""
    stand_in = SimpleNamespace(MeaningEncoder=lambda: words_as_vectors)
    monkeypatch.setitem(sys.modules, "pipeline.compare.meaning", stand_in)


@pytest.fixture
def accounts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "one.txt", tmp_path / "other.txt"]
    for path, text in zip(paths, (ONE, OTHER), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_a_comparison_for_the_terminal(call: Call, accounts: list[Path], tiny_baseline: Path):
    code, out, _ = call("compare", *accounts, "--model", tiny_baseline)
    assert code == 0
    for words in (
        "B against A",
        "In A only",
        "In B only",
        "95 % interval",
        "nothing of the motive",
    ):
        assert words in " ".join(out.split())


def test_a_comparison_as_json(call: Call, accounts: list[Path], tiny_baseline: Path):
    code, out, _ = call("compare", *accounts, "--model", tiny_baseline, "--format", "json")
    assert code == 0
    found = Comparison.model_validate(json.loads(out))
    assert [account.name for account in found.accounts] == ["one", "other"]


def test_markdown_and_a_report_are_written(
    call: Call,
    accounts: list[Path],
    tiny_baseline: Path,
    tmp_path: Path,
):
    options = ("--format", "markdown", "-o", "out.md", "--report", "out.html")
    code, out, err = call("compare", *accounts, "--model", tiny_baseline, *options)
    assert (code, out) == (0, "")
    markdown = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert markdown.startswith("# ")
    assert "## In B only" in markdown
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "report -> out.html" in err


def test_one_account(call: Call, accounts: list[Path]):
    assert_one_message(call("compare", accounts[0]), "two accounts or more, found 1")


def test_no_account(call: Call):
    assert_one_message(call("compare"), "two accounts or more, found 0")


def test_the_same_account_twice(call: Call, accounts: list[Path]):
    result = call("compare", accounts[0], accounts[0])
    assert_one_message(result, "hold the same text: give two different accounts")


def test_fifty_accounts(call: Call, tmp_path: Path):
    for number in range(50):
        path = tmp_path / "many" / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"Number {number} welcomes the offer warmly.", encoding="utf-8")
    assert_one_message(call("compare", "many"), "50 accounts: at most 10")


def test_a_missing_account(call: Call, accounts: list[Path]):
    assert_one_message(call("compare", accounts[0], "absent.txt"), "absent.txt: no such file")


def test_an_unknown_format(call: Call, accounts: list[Path]):
    result = call("compare", *accounts, "--format", "csv")
    assert_one_message(result, "--format 'csv' is not one of table, json, markdown")


def test_predict_writes_a_report_beside_the_table(
    call: Call,
    accounts: list[Path],
    tiny_baseline: Path,
    tmp_path: Path,
):
    code, out, _ = call("predict", *accounts, "--model", tiny_baseline, "--report", "out.html")
    assert code == 0
    assert "stance index" in " ".join(out.split())
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "They must withdraw at once." in page
    assert "Troops must leave at once." in page


def test_predict_as_markdown(call: Call, accounts: list[Path], tiny_baseline: Path):
    code, out, _ = call("predict", accounts[0], "--model", tiny_baseline, "--format", "markdown")
    assert code == 0
    assert "| demanding | 1 |" in out
    assert "- **demanding**" in out


def test_a_report_that_cannot_be_written(
    call: Call,
    accounts: list[Path],
    tiny_baseline: Path,
    tmp_path: Path,
):
    (tmp_path / "taken").write_text("")
    code, _, err = call("predict", *accounts, "--model", tiny_baseline, "--report", "taken/x.html")
    assert code == 2
    assert "error: taken/x.html: cannot be written" in err


def test_explaining_needs_an_encoder(call: Call, accounts: list[Path], tiny_baseline: Path):
    result = call("predict", accounts[0], "--model", tiny_baseline, "--explain")
    assert_one_message(result, "--explain follows the gradients of an encoder")
