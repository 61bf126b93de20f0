"""The harnesses of tests/fuzz/ find nothing in a short run, and do find what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris has no wheel for this Python or system")

HARNESS = Path(__file__).parent / "fuzz" / "harness.py"
REPOSITORY = HARNESS.parents[2]
REGRESSIONS = (
    # What is found goes here: the byte that chooses the reader, and the rest. Nothing has been;
    # these show the form.
    b"\x00",
    b"\x05title: \xc2\x9b2J",
    b"\x0a\x01<a/>",
)


def fuzz(folder: Path, target: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What a run of the target says; files that it writes go to the folder."""
    command = [sys.executable, str(HARNESS), target, *options]
    paths = os.pathsep.join([str(REPOSITORY), str(HARNESS.parents[1])])
    return subprocess.run(
        [*command, f"-artifact_prefix={folder}/", "-timeout=60", "-rss_limit_mb=4096"],
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("target", ["readers", "splitter"])
def test_a_short_run_finds_nothing(tmp_path: Path, target: str) -> None:
    done = fuzz(tmp_path, target, "-runs=300", "-seed=7", "-max_len=2000")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done 300 runs" in done.stderr


@pytest.mark.slow
def test_single_inputs_do_no_harm(tmp_path: Path) -> None:
    paths = []
    for number, content in enumerate(REGRESSIONS):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(content)
    done = fuzz(tmp_path, "readers", *map(str, paths))
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.slow
def test_a_broken_splitter_is_found(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['harness', 'splitter', '-runs=300', '-seed=7'];"
        f"sys.path.insert(0, {str(HARNESS.parent)!r}); import harness;"
        "harness.split_sentences = lambda text: []; harness.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "characters after the last sentence" in done.stdout + done.stderr
