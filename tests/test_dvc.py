"""The stages of dvc.yaml call commands that exist, on files that exist."""

import csv
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from pipeline.cli import app

REPOSITORY = Path(__file__).parents[1]
DERIVED = ("data/prepared", "data/labeled", "data/splits", "models", "reports")
"""Folders that the stages fill."""


def expanded(value: object, item: dict[str, str]) -> object:
    """A part of a stage with every `${item.name}` filled in."""
    if isinstance(value, str):
        for name, chosen in item.items():
            value = value.replace(f"${{item.{name}}}", chosen)
        return value
    if isinstance(value, dict):
        return {expanded(key, item): expanded(inner, item) for key, inner in value.items()}
    if isinstance(value, list):
        return [expanded(inner, item) for inner in value]
    return value


def read_stages() -> dict[str, dict]:
    """The stages by name, one for each value of a matrix of one axis."""
    text = (REPOSITORY / "dvc.yaml").read_text(encoding="utf-8")
    stages = {}
    for name, stage in YAML(typ="safe", pure=True).load(text)["stages"].items():
        if "matrix" not in stage:
            stages[name] = stage
            continue
        ((axis, values),) = stage["matrix"].items()
        for value in values:
            stages[f"{name}@{value}"] = expanded(stage, {axis: value})
    return stages


STAGES = read_stages()


def paths(entries: list) -> list[str]:
    """The paths of deps, outs or params, with or without settings of their own."""
    return [path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])]


def is_derived(path: str) -> bool:
    return path.startswith(tuple(f"{folder}/" for folder in DERIVED)) or path in DERIVED


def commands(stage: dict) -> list[str]:
    """What a stage runs, one after the other."""
    return [stage["cmd"]] if isinstance(stage["cmd"], str) else stage["cmd"]


@pytest.mark.parametrize("name", STAGES)
def test_the_commands_of_a_stage_parse(name: str):
    group = typer.main.get_command(app)
    for line in commands(STAGES[name]):
        program, *arguments = shlex.split(line)
        assert program == "readout"
        with group.make_context("readout", list(arguments)) as context:
            command_name, command, rest = group.resolve_command(context, arguments)
            with command.make_context(command_name, rest, parent=context) as parsed:
                assert parsed.args == []


@pytest.mark.parametrize("name", STAGES)
def test_no_placeholder_is_left(name: str):
    assert "${" not in str({key: part for key, part in STAGES[name].items() if key != "matrix"})


@pytest.mark.parametrize("name", STAGES)
def test_what_a_stage_depends_on_exists_or_is_derived(name: str):
    needed = paths(STAGES[name]["deps"]) + paths(STAGES[name].get("params", []))
    absent = [p for p in needed if not is_derived(p) and not (REPOSITORY / p).exists()]
    assert absent == []


def test_what_is_derived_comes_from_a_stage():
    made = {
        path
        for stage in STAGES.values()
        for part in ("outs", "metrics", "plots")
        for path in paths(stage.get(part, []))
    }
    needed = {path for stage in STAGES.values() for path in paths(stage["deps"])}
    assert {path for path in needed if is_derived(path)} <= made


def test_every_settings_file_is_tracked_by_a_stage_or_belongs_to_a_command():
    commands = {"configs/corpus.yaml", "configs/desk.yaml", "configs/train/small.yaml"}
    tracked = {path for stage in STAGES.values() for path in paths(stage.get("params", []))}
    files = {
        path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / "configs").rglob("*.yaml")
    }
    assert files == tracked | commands


PLOTS = {
    path: settings
    for stage in STAGES.values()
    for plot in stage.get("plots", [])
    for path, settings in plot.items()
}


@pytest.mark.parametrize("path", PLOTS)
def test_a_plot_shows_columns_that_its_file_has(path: str):
    with (REPOSITORY / path).open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    assert {PLOTS[path]["x"], PLOTS[path]["y"]} <= set(columns)


@pytest.mark.slow
def test_dvc_draws_every_plot_and_shows_every_figure(tmp_path: Path):
    for name in ("dvc.yaml", "reports", "configs", ".dvcignore"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    dvc = [sys.executable, "-m", "dvc"]

    def run(*words: str) -> str:
        ended = subprocess.run([*dvc, *words], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    run("init", "--no-scm", "--quiet")
    run("plots", "show", "--out", "plots")
    page = (tmp_path / "plots" / "index.html").read_text(encoding="utf-8")
    drawn = {
        path for path in PLOTS if f'id = "{path.translate(str.maketrans("/.", "__"))}"' in page
    }
    assert drawn == set(PLOTS)
    figures = run("metrics", "show", "--json")
    for model in ("baseline", "encoder"):
        assert f"reports/{model}/metrics.json" in figures
