"""The trained model behind a bounded queue: reads uploads, scores and compares documents."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.attribution.reading import read_sentences
from pipeline.attribution.spans import SentenceSpans
from pipeline.classifier import Classifier, load_classifier
from pipeline.cores import available_cores
from pipeline.desk.batching import BatchDone, Batcher
from pipeline.desk.comparing import Meanings
from pipeline.desk.errors import Busy, TooLarge, TooLong
from pipeline.desk.model import ModelInfo, model_info
from pipeline.desk.reading import Readers, Upload
from pipeline.desk.settings import DeskSettings
from pipeline.errors import DocumentError
from pipeline.predict import (
    ScoredDocument,
    local_folder,
    read_document,
    read_sentence,
    score_document,
    sentence_contexts,
)
from pipeline.records import STANCES, Document, Prediction, Sentence
from pipeline.sentences import split_sentences

if TYPE_CHECKING:
    from pipeline.compare import Comparison

texts = logging.getLogger("pipeline.desk.texts")
"""Told every text that is read; silent unless it is set to DEBUG."""

MAX_RETRY_SECONDS = 60
WARMING = "The ministers met on Monday, and they will meet again in a month."
"""Read at the start; long enough for its language to be told."""

Result = TypeVar("Result")


class Engine:
    """Answers many requests at once; those that wait share the batches of the classifier."""

    def __init__(self, classifier: Classifier, model: ModelInfo, settings: DeskSettings) -> None:
        self.model = model
        self.settings = settings
        self.batch_done: BatchDone = lambda n_sentences: None
        """Called after each batch with how many sentences it held."""
        self._batcher = Batcher(
            partial(read_sentences, classifier),
            settings.batch_sentences,
            settings.slice_sentences,
            lambda n_sentences: self.batch_done(n_sentences),
        )
        self._readers = Readers(
            settings.readers, settings.reader_seconds, settings.reader_megabytes
        )
        self._threads = ThreadPoolExecutor(available_cores(), thread_name_prefix="desk")
        self._meanings = Meanings()
        self._n_requests = 0

    @classmethod
    def open(cls, model: str | Path, settings: DeskSettings) -> "Engine":
        """The engine of a trained model, in a folder or kept by MLflow.

        Raises:
            ModelError: nothing trained there, or a file of it is missing or altered.
        """
        folder = local_folder(model)
        return cls(load_classifier(folder), model_info(str(model), folder), settings)

    @property
    def n_requests(self) -> int:
        """Requests in work or waiting."""
        return self._n_requests

    @property
    def n_waiting(self) -> int:
        """Sentences that no batch has taken yet."""
        return self._batcher.n_waiting

    async def read(self, uploads: Sequence[Upload]) -> list[Document]:
        """The documents in uploaded files, in their order; JSON lines hold several.

        Raises:
            DocumentError, DataError: one of them cannot be read.
            TooLarge: too many, or one is longer than it may be.
            Busy, TooLong: there is no place now, or it took too long.
        """
        if len(uploads) > self.settings.files:
            raise TooLarge(
                f"{len(uploads)} files or texts; one request may hold {self.settings.files}: "
                "send several requests, or score folders with `predict`"
            )
        with self._place():
            async with self._until(self._deadline()):
                found = await _all(self._readers.read(upload) for upload in uploads)
        documents = [document for read in found for document in read]
        self._check_length(documents)
        for document in documents:
            texts.debug("%s: %s", document.id, document.text)
        return documents

    async def score(
        self, documents: Sequence[Document], *, min_confidence: float = 0.0
    ) -> list[ScoredDocument]:
        """The documents with the stances of their sentences, in their order.

        Raises:
            DocumentError: there is no sentence in one.
            TooLarge: they are longer than they may be.
            Busy, TooLong: there is no place now, or it took too long.
        """
        with self._place():
            async with self._until(self._deadline()):
                return await self._score(documents, min_confidence)

    async def stream(
        self, document: Document, *, min_confidence: float = 0.0
    ) -> AsyncIterator[Prediction | ScoredDocument]:
        """The sentences of a document in their order as they are scored; last the document.

        Holders and targets follow from the whole text, so only the document has them.

        Raises:
            See `score`.
        """
        deadline = self._deadline()
        with self._place():
            async with self._until(deadline):
                (sentences,) = await self._split([document])
            probabilities = np.empty((0, len(STANCES)))
            spans: list[SentenceSpans | None] = []
            contexts = sentence_contexts(document, [sentence.text for sentence in sentences])
            async with aclosing(self._batcher.slices(contexts)) as slices:
                while len(spans) < len(sentences):
                    # No limit spans a yield: it would strike whatever the caller does meanwhile.
                    async with self._until(deadline):
                        rows, places = await anext(slices)
                    scored = sentences[len(spans) : len(spans) + len(places)]
                    probabilities, spans = np.concatenate([probabilities, rows]), spans + places
                    for sentence, row in zip(scored, rows, strict=True):
                        yield read_sentence(document, sentence, row, min_confidence)
            scoring = partial(_scored, document, sentences, probabilities, spans, min_confidence)
            yield await self._in_thread(scoring)

    async def compare(self, documents: Sequence[Document]) -> "Comparison":
        """Accounts of one event, side by side.

        Raises:
            DataError: fewer than two, too many, or one of them twice.
            NotOffered: what compares is not installed.
            See also `score`.
        """
        from pipeline.compare import check_accounts, compare

        check_accounts(documents)
        with self._place():
            async with self._until(self._deadline()):
                encode = await self._meanings.encoder()
                scored = await self._score(documents, 0.0)
                return await self._in_thread(partial(compare, scored, encode))

    async def warm(self) -> None:
        """Load what the first requests would otherwise wait for."""
        (document,) = await self._readers.read(Upload("text.txt", WARMING.encode()))
        await self._score([document], 0.0)
        if self.settings.warm_comparison:
            self._meanings.warm()

    def close(self) -> None:
        """End the threads and processes."""
        self._batcher.close()
        self._threads.shutdown()
        self._meanings.close()
        self._readers.close()

    async def _score(
        self, documents: Sequence[Document], min_confidence: float
    ) -> list[ScoredDocument]:
        split = await self._split(documents)
        return await _all(
            self._score_one(document, sentences, min_confidence)
            for document, sentences in zip(documents, split, strict=True)
        )

    async def _score_one(
        self, document: Document, sentences: Sequence[Sentence], min_confidence: float
    ) -> ScoredDocument:
        contexts = sentence_contexts(document, [sentence.text for sentence in sentences])
        read = [found async for found in self._batcher.slices(contexts)]
        probabilities = np.concatenate([rows for rows, _ in read])
        spans = [place for _, places in read for place in places]
        return await self._in_thread(
            partial(_scored, document, sentences, probabilities, spans, min_confidence)
        )

    async def _split(self, documents: Sequence[Document]) -> list[list[Sentence]]:
        self._check_length(documents)
        split = [
            await self._in_thread(partial(split_sentences, document.text)) for document in documents
        ]
        for document, sentences in zip(documents, split, strict=True):
            if not sentences:
                place = document.source or document.id
                raise DocumentError(f"{place}: holds no sentence to score")
        n_sentences = sum(map(len, split))
        if n_sentences > self.settings.sentences:
            raise TooLarge(
                f"{n_sentences} sentences; one request may hold {self.settings.sentences}: "
                "send the text in parts, or score it with `predict`"
            )
        return split

    def _check_length(self, documents: Sequence[Document]) -> None:
        n_characters = sum(len(document.text) for document in documents)
        if n_characters > self.settings.characters:
            raise TooLarge(
                f"{n_characters} characters; one request may hold {self.settings.characters}: "
                "send the text in parts, or score it with `predict`"
            )

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among the requests in work.

        Raises:
            Busy: all places are taken.
        """
        if self._n_requests >= self.settings.requests:
            raise Busy(
                f"{self._n_requests} requests are in work, and there is no place for more; "
                "try again in a moment",
                self._retry_after_seconds(),
            )
        self._n_requests += 1
        try:
            yield
        finally:
            self._n_requests -= 1

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.settings.request_seconds

    @asynccontextmanager
    async def _until(self, deadline: float) -> AsyncIterator[None]:
        """Work that ends at a time of the event loop's clock.

        Raises:
            TooLong: it was not done by then.
        """
        try:
            async with asyncio.timeout_at(deadline) as timer:
                yield
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise TooLong(
                f"not done within {self.settings.request_seconds:g} s, since the service has much "
                "to do; try again, or send less at once",
                self._retry_after_seconds(),
            ) from error

    def _retry_after_seconds(self) -> int:
        return min(MAX_RETRY_SECONDS, 1 + int(self._batcher.waiting_seconds))


async def _all(work: Iterable[Coroutine[object, object, Result]]) -> list[Result]:
    """The results of several pieces of work, in order; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(piece) for piece in work]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _scored(
    document: Document,
    sentences: Sequence[Sentence],
    probabilities: np.ndarray,
    spans: Sequence[SentenceSpans | None],
    min_confidence: float,
) -> ScoredDocument:
    return score_document(read_document(document, sentences, probabilities, spans, min_confidence))
