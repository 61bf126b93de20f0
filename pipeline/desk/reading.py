"""Files of unknown origin, read in processes that can be ended and replaced.

A reader has a limit on memory and on time; whatever a file does to its parser, the service goes on.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass, field

from pebble import ProcessExpired, ProcessPool

from pipeline.documents import Metadata
from pipeline.errors import DocumentError, PipelineError
from pipeline.records import Document

READ_PER_PROCESS = 500
"""A process is replaced after so many files."""


@dataclass(frozen=True)
class Upload:
    """A file, or a text that was pasted, as it came."""

    name: str
    """Tells the format where the content leaves it open, and stands in errors."""
    content: bytes
    metadata: Metadata = field(default_factory=Metadata)
    """What is known of it; it outranks what the file says."""
    default_id: str | None = None
    """The document's id where neither metadata nor file has one; else the name without ending."""


class Readers:
    """A pool of processes that read files; they start with the first one."""

    def __init__(self, n_processes: int, seconds: float, megabytes: int) -> None:
        self.seconds = seconds
        """For one file."""
        self._megabytes = megabytes
        self._pool = ProcessPool(
            max_workers=n_processes,
            max_tasks=READ_PER_PROCESS,
            initializer=_begin,
            initargs=(megabytes,),
            context=multiprocessing.get_context("spawn"),
        )

    async def read(self, upload: Upload) -> list[Document]:
        """The documents in a file: one, or for JSON lines one a line.

        Raises:
            DocumentError, DataError: see `pipeline.documents.read_documents`; or reading it takes
                longer, or more memory, than it may.
        """
        arguments = (upload, self.seconds)
        future = self._pool.schedule(_read, args=arguments, timeout=self.seconds)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise DocumentError(
                f"{upload.name}: not read within {self.seconds:g} s; save the text alone"
            ) from error
        except (MemoryError, ProcessExpired) as error:
            raise DocumentError(
                f"{upload.name}: reading it takes more than the {self._megabytes} MB that one file "
                "may, or breaks its reader; save the text alone"
            ) from error

    def close(self) -> None:
        """End the processes."""
        self._pool.stop()
        self._pool.join()


def _begin(megabytes: int) -> None:
    """Prepare a process: limits, no signals of the terminal, an end with the service's own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import pipeline.documents  # noqa: F401

    if sys.platform == "win32":
        return
    import resource

    _limit(resource.RLIMIT_AS, megabytes * 1024**2)
    _limit(resource.RLIMIT_CORE, 0)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _read(upload: Upload, seconds: float) -> list[Document]:
    from pipeline.documents import read_bytes

    _limit_processor_time(seconds)
    try:
        return read_bytes(upload.content, upload.name, upload.metadata, upload.default_id)
    except PipelineError as error:
        # Without its cause, which may hold what cannot leave the process.
        raise type(error)(str(error)) from None


def _limit_processor_time(seconds: float) -> None:
    """End this process, and one that its parser starts, once they compute for so long."""
    if sys.platform == "win32":
        return
    import resource

    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _limit(resource.RLIMIT_CPU, int(used + seconds) + 1)


def _limit(what: int, value: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (value if hard < 0 else min(value, hard), hard))
