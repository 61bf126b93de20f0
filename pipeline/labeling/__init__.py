"""Sentences to examples: gold annotations as they are, weak labels where there are none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from pipeline.errors import DataError
from pipeline.labeling.functions import FUNCTION_NAMES, FiredFunction, fired
from pipeline.labeling.functions import votes as function_votes
from pipeline.labeling.gold import PlacedAnnotation, read_gold, settle_gold
from pipeline.labeling.label_model import (
    ABSTAIN,
    MAJORITY_VOTE,
    LabelModel,
    LabelModelSettings,
    Votes,
    decide,
    fit_label_model,
)
from pipeline.records import STANCES, Example, PreparedDocument, SentenceInContext, Stance
from pipeline.storage import read_records, write_json, write_records


class LabelSettings(LabelModelSettings):
    """How sentences without a gold annotation are labelled."""

    min_confidence: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class Labelled:
    """Examples, and what the report needs: votes and gold columns of all sentences."""

    examples: list[Example]
    votes: Votes
    gold: np.ndarray
    """Column of `Stance` per sentence, or -1."""
    n_dropped: int
    label_model: LabelModel


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
    label_model = fit_label_model(votes, FUNCTION_NAMES, settings)
    weak = label_model.predict(votes, FUNCTION_NAMES)
    decided = decide(weak)
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
            stance = STANCES[decided[row]]
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
    return Labelled(examples, votes, gold, n_dropped, label_model)


def run_label(
    prepared: Path, gold: Path, out: Path, report: Path, settings: LabelSettings
) -> Labelled:
    """Read prepared documents and annotations, write the examples and the report.

    The label model goes to label_model.json beside the examples.

    Raises:
        DataError: files are missing or malformed, or annotations do not fit their sentences.
    """
    from pipeline.labeling.report import function_table, label_model_scores, write_report

    documents = read_records(prepared, PreparedDocument)
    labelled = label_documents(documents, read_gold(gold), settings)
    write_records(out, labelled.examples)
    write_json(out.with_name("label_model.json"), labelled.label_model.model_dump(mode="json"))
    n_gold = sum(example.origin == "gold" for example in labelled.examples)
    counts = {
        "gold": n_gold,
        "weak": len(labelled.examples) - n_gold,
        "dropped": labelled.n_dropped,
    }
    scores = label_model_scores(labelled.votes, labelled.gold, settings)
    write_report(report, function_table(labelled.votes, labelled.gold), scores, counts)
    return labelled


def explain(
    sentence: SentenceInContext, label_model: Path
) -> tuple[list[FiredFunction], dict[Stance, float]]:
    """The functions that fire on a sentence and the distribution that they add up to.

    `label_model` is the label_model.json of `run_label`; without that file it is a majority
    vote. The distribution is empty where no function fires.

    Raises:
        DataError: the file is not a label model.
    """
    model = MAJORITY_VOTE
    if label_model.is_file():
        try:
            model = LabelModel.model_validate_json(label_model.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{label_model}: not a label model; run `readout label`") from error
    found = fired(sentence)
    if not found:
        return [], {}
    row = model.predict(function_votes([sentence]), FUNCTION_NAMES)[0]
    return found, dict(zip(STANCES, row.tolist(), strict=True))


def _in_context(entry: PreparedDocument, index: int) -> SentenceInContext:
    return SentenceInContext(
        text=entry.sentences[index].text,
        previous=entry.sentences[index - 1].text if index else "",
        kind=entry.document.kind,
        issuer=entry.document.issuer,
    )
