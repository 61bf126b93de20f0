"""What tells which sentences of two accounts mean the same, loaded once and beside the service."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pipeline.desk.errors import NotOffered
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from pipeline.compare.alignment import SentenceEncoder


class Meanings:
    """The sentence encoder of comparisons; loading it takes seconds and half a gigabyte."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        self._encode: SentenceEncoder | None = None

    def warm(self) -> None:
        """Begin to load it."""
        self._thread.submit(self._load)

    async def encoder(self) -> "SentenceEncoder":
        """The encoder, once it is loaded.

        Raises:
            NotOffered: what it needs is not installed.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    def close(self) -> None:
        """End the thread, once what it loads is loaded."""
        self._thread.shutdown(cancel_futures=True)

    def _load(self) -> "SentenceEncoder":
        if self._encode is None:
            try:
                from pipeline.compare.meaning import MeaningEncoder

                self._encode = MeaningEncoder()
            except ModuleNotFoundError as error:
                raise NotOffered(
                    f"comparing needs {error.name}, which is not installed; "
                    "run `pip install readout-stance[train]`, then start the service again"
                ) from error
            except ModelError as error:
                raise NotOffered(str(error)) from error
        return self._encode
