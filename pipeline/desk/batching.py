"""Sentences of many requests in common batches of the classifier."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from pipeline.attribution.spans import SentenceSpans
from pipeline.records import SentenceInContext

Reading = tuple[np.ndarray, list[SentenceSpans | None]]
"""Probabilities of shape (n_sentences, 4), and the spans of each sentence."""
ReadSentences = Callable[[Sequence[SentenceInContext]], Reading]
BatchDone = Callable[[int], None]
"""Called after a batch with how many sentences it held."""


@dataclass(eq=False)
class _Waiting:
    """A document whose sentences wait, or are being read."""

    sentences: Sequence[SentenceInContext]
    read: asyncio.Queue[Reading | Exception] = field(default_factory=asyncio.Queue)
    taken: int = 0
    """How many sentences have gone into a batch."""


class Batcher:
    """Reads sentences in one thread, a slice of every waiting document at a time.

    Documents take turns: one with many sentences does not keep the others waiting. All methods
    belong to one event loop at a time.
    """

    def __init__(
        self,
        read: ReadSentences,
        batch_sentences: int,
        slice_sentences: int,
        batch_done: BatchDone = lambda n_sentences: None,
    ) -> None:
        self._read = read
        self._batch_sentences = batch_sentences
        self._slice_sentences = slice_sentences
        self._batch_done = batch_done
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._pump: asyncio.Task[None] | None = None
        self._seconds_per_sentence = 0.0

    @property
    def n_waiting(self) -> int:
        """Sentences that no batch has taken yet."""
        return sum(len(item.sentences) - item.taken for item in self._waiting)

    @property
    def waiting_seconds(self) -> float:
        """How long what waits will take, by the pace of the last batches."""
        return self.n_waiting * self._seconds_per_sentence

    async def slices(self, sentences: Sequence[SentenceInContext]) -> AsyncIterator[Reading]:
        """The readings of one document's sentences in their order, slice by slice.

        What has not been read when the caller stops is dropped.
        """
        item = _Waiting(sentences)
        self._waiting.append(item)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        received = 0
        try:
            while received < len(sentences):
                found = await item.read.get()
                if isinstance(found, Exception):
                    raise found
                received += len(found[1])
                yield found
        finally:
            if item in self._waiting:
                self._waiting.remove(item)

    def close(self) -> None:
        """End the thread, once its batch is read."""
        self._thread.shutdown()

    async def _run(self) -> None:
        """Read batches until nothing waits."""
        loop = asyncio.get_running_loop()
        while batch := self._next_batch():
            sentences = [sentence for _, part in batch for sentence in part]
            begun = time.perf_counter()
            try:
                probabilities, spans = await loop.run_in_executor(
                    self._thread, self._read, sentences
                )
            except Exception as error:  # Whoever waits for it is told; the next batch goes on.
                for item, _ in batch:
                    item.read.put_nowait(error)
                    if item in self._waiting:
                        self._waiting.remove(item)
                continue
            self._seconds_per_sentence = (time.perf_counter() - begun) / len(sentences)
            start = 0
            for item, part in batch:
                end = start + len(part)
                item.read.put_nowait((probabilities[start:end], spans[start:end]))
                start = end
            self._batch_done(len(sentences))

    def _next_batch(self) -> list[tuple[_Waiting, Sequence[SentenceInContext]]]:
        """Slices of the documents whose turn it is; one with more left goes to the end."""
        batch: list[tuple[_Waiting, Sequence[SentenceInContext]]] = []
        room = self._batch_sentences
        while self._waiting and room:
            item = self._waiting.popleft()
            part = item.sentences[item.taken : item.taken + min(room, self._slice_sentences)]
            item.taken += len(part)
            room -= len(part)
            batch.append((item, part))
            if item.taken < len(item.sentences):
                self._waiting.append(item)
        return batch
