"""Gold annotations: read, tied to their sentences, and put to a vote where several disagree."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import DataError
from pipeline.labeling.label_model import TIE_ORDER
from pipeline.records import Annotation, PreparedDocument, Record, sentence_sha256
from pipeline.storage import raise_problems, read_records

Key = tuple[str, int]
"""A sentence: its document's id and its index."""


class PlacedAnnotation(Record):
    """An annotation and the file and line that it stands in."""

    place: str
    annotation: Annotation


def read_gold(folder: Path) -> list[PlacedAnnotation]:
    """Read every JSON-lines file of a folder of annotations.

    Raises:
        DataError: the folder is missing or rows are malformed; all are named with file and line.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder of annotations; it may be empty, not missing")
    placed, problems = [], []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            annotations = read_records(path, Annotation)
        except DataError as error:
            problems.append(str(error))
            continue
        placed += [
            PlacedAnnotation(place=f"{path}:{number}", annotation=annotation)
            for number, annotation in zip(_filled_lines(path), annotations, strict=True)
        ]
    raise_problems(problems)
    return placed


def _filled_lines(path: Path) -> list[int]:
    """The numbers of the lines that `read_records` does not pass over."""
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        return [number for number, line in enumerate(lines, 1) if line.strip()]


def settle_gold(
    documents: Sequence[PreparedDocument], placed: Iterable[PlacedAnnotation]
) -> dict[Key, Annotation]:
    """One annotation per annotated sentence.

    Between annotators the majority wins, ties go by `TIE_ORDER`; holder and target are those of
    the first annotator with the winning stance.

    Raises:
        DataError: an annotation names a document or sentence that does not exist or a text that
            is not the sentence's, or one annotator labels a sentence twice; all are named.
    """
    by_id = {entry.document.id: entry for entry in documents}
    problems = []
    by_sentence: defaultdict[Key, list[Annotation]] = defaultdict(list)
    for entry in placed:
        annotation = entry.annotation
        problem = _problem(annotation, by_id.get(annotation.document))
        earlier = by_sentence[annotation.document, annotation.sentence]
        if problem is None and annotation.annotator in {other.annotator for other in earlier}:
            problem = f"annotator {annotation.annotator!r} labels this sentence twice; keep one"
        if problem:
            where = f"{entry.place}: document {annotation.document!r}"
            problems.append(f"{where}, sentence {annotation.sentence}: {problem}")
        earlier.append(annotation)
    raise_problems(problems)
    return {key: _majority(annotations) for key, annotations in by_sentence.items()}


def _problem(annotation: Annotation, entry: PreparedDocument | None) -> str | None:
    if entry is None:
        return "no such document in seeds/; restore it or remove its annotations"
    if annotation.sentence >= len(entry.sentences):
        return f"the document has {len(entry.sentences)} sentences; annotate it again"
    text = entry.sentences[annotation.sentence].text
    if sentence_sha256(text) != annotation.text_sha256:
        return f"the text has changed, it is now {text[:60]!r}; annotate it again"
    return None


def _majority(annotations: Sequence[Annotation]) -> Annotation:
    counts = Counter(annotation.stance for annotation in annotations)
    winner = max(TIE_ORDER, key=lambda stance: counts[stance])
    return next(annotation for annotation in annotations if annotation.stance == winner)
