"""Check the annotated documents for what would teach a model the wrong thing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field
from sklearn.feature_extraction.text import CountVectorizer

from pipeline.labeling.gold import read_gold, settle_gold
from pipeline.records import Annotation, PreparedDocument, Record, Stance
from pipeline.settings import Settings
from pipeline.storage import read_records

Share = Annotated[float, Field(gt=0, le=1)]

_TOKEN = r"(?u)[^\W_]+"
_STEM = 5
"""So many letters of a holder's word must stand in the document: Kestan, Kestani."""


class CorpusSettings(Settings):
    """What is refused; see configs/corpus.yaml."""

    max_similarity: Share
    min_words: Annotated[int, Field(ge=3)]
    max_opening_share: Share
    max_four_gram_share: Share
    min_stance_share: Share
    max_stance_share: Share
    min_kind_sentences: Annotated[int, Field(ge=1)]


class AnnotatedSentence(Record):
    """A sentence of the corpus with its annotation and its document."""

    place: str
    text: str
    kind: str
    annotation: Annotation
    context: str
    """Title, issuer and text of the document, in lower case."""


def check_corpus(prepared: Path, gold: Path, settings: CorpusSettings) -> list[str]:
    """Everything that is wrong with the annotated documents, one message each; empty if nothing.

    Raises:
        DataError: documents or annotations are malformed or do not fit together.
    """
    documents = read_records(prepared, PreparedDocument)
    sentences = annotated_sentences(documents, settle_gold(documents, read_gold(gold)))
    return [
        *near_duplicates(sentences, settings),
        *frames(sentences, settings),
        *imbalances(sentences, settings),
        *unknown_holders(sentences),
    ]


def annotated_sentences(
    documents: Sequence[PreparedDocument], settled: Mapping[tuple[str, int], Annotation]
) -> list[AnnotatedSentence]:
    """The sentences that have an annotation."""
    found = []
    for entry in documents:
        document = entry.document
        parts = (document.title or "", document.issuer or "", document.text)
        context = " ".join(parts).lower()
        for sentence in entry.sentences:
            annotation = settled.get((document.id, sentence.index))
            if annotation:
                found.append(
                    AnnotatedSentence(
                        place=f"{document.id}:{sentence.index}",
                        text=sentence.text,
                        kind=document.kind or "unknown",
                        annotation=annotation,
                        context=context,
                    )
                )
    return found


def near_duplicates(
    sentences: Sequence[AnnotatedSentence], settings: CorpusSettings
) -> Iterator[str]:
    """Pairs of sentences whose word trigrams overlap too much (Jaccard similarity, Broder 1997)."""
    long = [entry for entry in sentences if len(entry.text.split()) >= settings.min_words]
    if not long:
        return
    vectorizer = CountVectorizer(
        ngram_range=(3, 3), binary=True, token_pattern=_TOKEN, dtype=np.int32
    )
    trigrams = vectorizer.fit_transform(entry.text for entry in long)
    sizes = np.asarray(trigrams.sum(axis=1)).ravel()
    shared = (trigrams @ trigrams.T).tocoo()
    above = shared.row < shared.col
    rows, columns, counts = shared.row[above], shared.col[above], shared.data[above]
    similarity = counts / (sizes[rows] + sizes[columns] - counts)
    for pair in np.flatnonzero(similarity > settings.max_similarity):
        first, second = long[rows[pair]], long[columns[pair]]
        yield (
            f"{second.place}: nearly the same as {first.place} "
            f"(similarity {similarity[pair]:.2f}): {second.text[:80]!r}"
        )


def frames(sentences: Sequence[AnnotatedSentence], settings: CorpusSettings) -> Iterator[str]:
    """Openings and inner runs of four words that too many sentences share."""
    openings: Counter[tuple[str, ...]] = Counter()
    inner: Counter[tuple[str, ...]] = Counter()
    for entry in sentences:
        words = re.findall(_TOKEN, entry.text.lower())
        runs = list(zip(*(words[shift:] for shift in range(4)), strict=False))
        openings.update(runs[:1])
        inner.update(set(runs))
    limits = (
        ("opening", openings, settings.max_opening_share),
        ("run of words", inner, settings.max_four_gram_share),
    )
    for name, counts, limit in limits:
        for run, count in counts.most_common():
            if count <= max(3, limit * len(sentences)):
                break
            yield f"the {name} {' '.join(run)!r} stands in {count} sentences: reword some of them"


def imbalances(sentences: Sequence[AnnotatedSentence], settings: CorpusSettings) -> Iterator[str]:
    """Kinds of documents in which a stance is nearly absent or drowns the others."""
    by_kind: defaultdict[str, Counter[Stance]] = defaultdict(Counter)
    for entry in sentences:
        by_kind[entry.kind][entry.annotation.stance] += 1
    for kind, counts in sorted(by_kind.items()):
        total = counts.total()
        if total < settings.min_kind_sentences:
            continue
        for stance in Stance:
            share = counts[stance] / total
            if not settings.min_stance_share <= share <= settings.max_stance_share:
                yield f"kind {kind}: {share:.0%} of the sentences are {stance}"


def unknown_holders(sentences: Sequence[AnnotatedSentence]) -> Iterator[str]:
    """Sentences with a stance whose holder is missing, or has a name that the document lacks.

    A description without a name, such as "protesters", is known.
    """
    for entry in sentences:
        holder = entry.annotation.holder
        if entry.annotation.stance == Stance.NEUTRAL:
            continue
        if holder is None:
            yield f"{entry.place}: {entry.annotation.stance}, but nobody holds it"
        elif not _is_known(holder, entry.context):
            yield f"{entry.place}: holder {holder!r} is not in the document"


def _is_known(holder: str, context: str) -> bool:
    words = [word for word in re.findall(_TOKEN, holder) if len(word) > 2]
    names = [word for word in words if word[0].isupper()]
    return any(
        sum(word[:_STEM].lower() in context for word in some) * 2 >= len(some)
        for some in (names, words)
    )
