"""What the desk refuses, besides documents that cannot be read."""

from pipeline.errors import PipelineError


class TooLarge(PipelineError):
    """A request asks for more than the limits allow."""


class Busy(PipelineError):
    """There is no place for another request now."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooLong(Busy):
    """A request took longer than it may."""


class NotOffered(PipelineError):
    """What is asked for needs something that is not installed."""
