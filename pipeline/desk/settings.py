"""The limits of the service, as configs/desk.yaml states them."""

from pydantic import Field

from pipeline.settings import Settings

MIN_TOKEN_CHARACTERS = 16


class DeskSettings(Settings):
    """What one request may ask for, and how much is done at once."""

    body_bytes: int = Field(gt=0)
    files: int = Field(gt=0)
    """Files or texts of one request."""
    characters: int = Field(gt=0)
    """Of all documents of a request together, once they have been read."""
    sentences: int = Field(gt=0)
    """Likewise."""
    requests: int = Field(gt=0)
    """In work or waiting; more are refused until one is done."""
    connections: int = Field(gt=0)
    request_seconds: float = Field(gt=0)
    receive_seconds: float = Field(gt=0)
    """From the first byte of a request to its last."""
    stop_seconds: int = Field(gt=0)
    """What was accepted has so long to be finished when the service is told to stop."""
    readers: int = Field(gt=0)
    """Processes that read files."""
    reader_seconds: float = Field(gt=0)
    reader_megabytes: int = Field(ge=256)
    batch_sentences: int = Field(gt=0)
    slice_sentences: int = Field(gt=0)
    """What one document may put into a batch while others wait."""
    warm_comparison: bool
    hosts: list[str]
    """Names under which the service may be called; addresses are always allowed."""
    result_seconds: float = Field(gt=0)
    """How long the page can show and save a result; it is in memory for no longer."""
    result_megabytes: int = Field(gt=0)
    """All results together; the oldest go when there is no room."""
