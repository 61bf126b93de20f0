"""The whole line on a small part of the corpus, with real training."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import app

ROOT = Path(__file__).parents[1]
N_DOCUMENTS = 40

pytestmark = [
    pytest.mark.slow,
    # crowd-kit uses what pandas has deprecated.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some documents, their annotations and settings for a short training."""
    sources = sorted((ROOT / "seeds" / "f").glob("*.md"))[:N_DOCUMENTS]
    (tmp_path / "seeds").mkdir()
    (tmp_path / "data" / "gold").mkdir(parents=True)
    for source in sources:
        shutil.copy(source, tmp_path / "seeds")
    ids = {source.stem for source in sources}
    rows = (ROOT / "data" / "gold" / "f.jsonl").read_text().splitlines()
    kept = [row for row in rows if json.loads(row)["document"] in ids]
    (tmp_path / "data" / "gold" / "f.jsonl").write_text("\n".join(kept) + "\n")
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    # The small encoder, since the default one takes minutes where bfloat16 is not multiplied.
    text = (ROOT / "configs" / "train" / "small.yaml").read_text()
    encoder = tmp_path / "configs" / "train" / "encoder.yaml"
    assert "\nepochs: 3\n" in text and "\nbatch_size: 32\n" in text
    text = text.replace("\nepochs: 3\n", "\nepochs: 4\n")
    encoder.write_text(text.replace("\nbatch_size: 32\n", "\nbatch_size: 16\n"))
    (tmp_path / "data" / "soft").mkdir()
    shutil.copy(ROOT / "data" / "soft" / "teacher.jsonl", tmp_path / "data" / "soft")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    return tmp_path


def command(*words: str) -> None:
    app(list(words), standalone_mode=False)


def test_documents_become_two_measured_models_that_predict(
    project: Path, capsys: pytest.CaptureFixture[str]
):
    for stage in (["prepare"], ["label"], ["split"]):
        command(*stage)
    for model in ("baseline", "encoder"):
        command("train", model, "--no-track")
        command("evaluate", "--model", f"models/{model}")
    command("significance")
    figures = {
        model: json.loads((project / "reports" / model / "metrics.json").read_text())
        for model in ("baseline", "encoder")
    }
    assert all(0 < figure["macro_f1"] <= 1 for figure in figures.values())
    assert figures["encoder"]["macro_f1"] > 0.3
    assert json.loads((project / "reports" / "comparison.json").read_text())
    article = project / "article.txt"
    article.write_text(
        "The ministry urged the other side to lift its tariffs at once. "
        "The talks took place on Monday in the capital."
    )
    command("predict", str(article), "--format", "csv", "-o", str(project / "scored.csv"))
    with (project / "scored.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["text"][:12] for row in rows] == ["The ministry", "The talks to"]
    assert all(row["stance"] for row in rows)


def test_two_runs_from_one_seed_give_the_same_figures(project: Path):
    for stage in (["prepare"], ["label"], ["split"]):
        command(*stage)
    read: Callable[[], bytes] = (project / "models" / "baseline" / "model.json").read_bytes
    command("train", "baseline", "--no-track")
    first = read()
    command("train", "baseline", "--no-track")
    assert read() == first
