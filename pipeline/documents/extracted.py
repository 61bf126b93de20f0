"""What a reader of one format takes out of a file, before cleaning."""

from pipeline.records import Record, Removal


class Extracted(Record):
    """Raw text with the metadata that the file itself states; unknown is None."""

    text: str
    title: str | None = None
    date: str | None = None
    """ISO 8601, `YYYY-MM-DD`."""
    issuer: str | None = None
    removed: tuple[Removal, ...] = ()
