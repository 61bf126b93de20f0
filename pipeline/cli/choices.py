"""What an option may be, and what stands in for one that was not given."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipeline.cli.places import DEFAULT_MODELS, EXPORTED
from pipeline.errors import DataError

if TYPE_CHECKING:
    from pipeline.documents import Metadata

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)

Model = Annotated[
    str | None, typer.Option(help="Model folder or MLflow URI; default the fastest there is.")
]
MinConfidence = Annotated[float, typer.Option(min=0, max=1, help="Abstain below this probability.")]
KindOption = Annotated[
    str | None, typer.Option("--kind", help="Kind of document, such as readout.")
]
Issuer = Annotated[str | None, typer.Option(help="Who issued the documents.")]


def one_of(option: str, value: str | None, values: type[AnyEnum]) -> AnyEnum | None:
    """The value as one of an enumeration; None where none was given.

    Raises:
        DataError: it is not one of them.
    """
    if value is not None and value not in tuple(values):
        raise DataError(f"{option} {value!r} is not one of {', '.join(values)}")
    return None if value is None else values(value)


def given_metadata(kind: str | None, issuer: str | None) -> "Metadata":
    """What the options say of the documents.

    Raises:
        DataError: there is no such kind.
    """
    from pipeline.documents import Metadata
    from pipeline.records import Kind

    return Metadata(kind=one_of("--kind", kind, Kind), issuer=(issuer or "").strip() or None)


def default_model() -> str:
    """The exported encoder, which is the fastest, else the first trained model that is there.

    Raises:
        ModelError: the export is not of the encoder that lies beside it.
    """
    encoder = DEFAULT_MODELS[0]
    if EXPORTED.is_dir():
        if encoder.is_dir():
            from pipeline.export_record import check_source

            check_source(EXPORTED, encoder)
        return str(EXPORTED)
    return str(next((folder for folder in DEFAULT_MODELS if folder.is_dir()), encoder))
