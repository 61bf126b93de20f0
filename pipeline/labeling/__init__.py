"""Sentences to examples: gold annotations as they are, weak labels where there are none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from pipeline.labeling.functions import votes as function_votes
from pipeline.labeling.gold import PlacedAnnotation, read_gold, settle_gold
from pipeline.labeling.label_model import ABSTAIN, Votes, combine_votes
from pipeline.records import STANCES, Example, PreparedDocument, SentenceInContext
from pipeline.settings import Settings
from pipeline.storage import read_records, write_records


class LabelSettings(Settings):
    """How sentences without a gold annotation are labelled."""

    label_model: Literal["majority_vote", "dawid_skene"]
    iterations: Annotated[int, Field(ge=1)]
    min_confidence: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class Labelled:
    """Examples, and what the report needs: votes and gold columns of all sentences."""

    examples: list[Example]
    votes: Votes
    gold: np.ndarray
    """Column of `Stance` per sentence, or -1."""
    n_dropped: int


def label_documents(
    documents: Sequence[PreparedDocument],
    annotations: Iterable[PlacedAnnotation],
    settings: LabelSettings,
) -> Labelled:
    """Label every sentence that has an annotation or enough agreement of labeling functions.

    Raises:
        DataError: annotations that do not fit their sentences; see `settle_gold`.
    """
    settled = settle_gold(documents, annotations)
    sentences = [
        (entry, index, _in_context(entry, index))
        for entry in documents
        for index in range(len(entry.sentences))
    ]
    votes = function_votes([context for _, _, context in sentences])
    weak = combine_votes(votes, settings.label_model, settings.iterations)
    gold = np.full(len(sentences), ABSTAIN)
    examples = []
    n_dropped = 0
    for row, (entry, index, context) in enumerate(sentences):
        annotation = settled.get((entry.document.id, index))
        if annotation:
            gold[row] = STANCES.index(annotation.stance)
            label = {
                "stance": annotation.stance,
                "confidence": 1.0,
                "origin": "gold",
                "holder": annotation.holder,
                "target": annotation.target,
            }
        elif weak[row].max() >= settings.min_confidence:
            stance = STANCES[int(weak[row].argmax())]
            label = {"stance": stance, "confidence": min(1.0, weak[row].max()), "origin": "weak"}
        else:
            n_dropped += 1
            continue
        document = entry.document
        examples.append(
            Example(
                **context.model_dump(),
                **label,
                id=f"{document.id}:{index}",
                document=document.id,
                event=document.event or document.id,
            )
        )
    return Labelled(examples, votes, gold, n_dropped)


def run_label(
    prepared: Path, gold: Path, out: Path, report: Path, settings: LabelSettings
) -> Labelled:
    """Read prepared documents and annotations, write the examples and the report.

    Raises:
        DataError: files are missing or malformed, or annotations do not fit their sentences.
    """
    from pipeline.labeling.report import function_table, label_model_scores, write_report

    documents = read_records(prepared, PreparedDocument)
    labelled = label_documents(documents, read_gold(gold), settings)
    write_records(out, labelled.examples)
    n_gold = sum(example.origin == "gold" for example in labelled.examples)
    counts = {
        "gold": n_gold,
        "weak": len(labelled.examples) - n_gold,
        "dropped": labelled.n_dropped,
    }
    scores = label_model_scores(labelled.votes, labelled.gold, settings.iterations)
    write_report(report, function_table(labelled.votes, labelled.gold), scores, counts)
    return labelled


def _in_context(entry: PreparedDocument, index: int) -> SentenceInContext:
    return SentenceInContext(
        text=entry.sentences[index].text,
        previous=entry.sentences[index - 1].text if index else "",
        kind=entry.document.kind,
        issuer=entry.document.issuer,
    )
