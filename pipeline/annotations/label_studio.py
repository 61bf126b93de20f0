"""Tasks for Label Studio, and what its users made of them.

One task is one sentence, as the codebook has it: read with what stands around it and what is known
of the document. A sentence that is a task of its own cannot be cut elsewhere by a slip of the
mouse, can be sorted by how sure the model was, and counts one by one in Label Studio's own figures.
The format is that of https://labelstud.io/guide/task_format and
https://labelstud.io/guide/predictions.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from pipeline.annotations.store import AnnotationStore, NewReading
from pipeline.errors import DataError
from pipeline.predict import ReadDocument
from pipeline.records import (
    Annotation,
    NonEmpty,
    Prediction,
    Record,
    Sha256,
    Stance,
    sentence_sha256,
)
from pipeline.sentences import split_sentences
from pipeline.storage import explain_validation, raise_problems

SENTENCES_AROUND = 2
BEGINNING, END = "[beginning of the text]", "[end of the text]"
"""Label Studio shows an empty text as an error."""
LABELING_CONFIG = """\
<View>
  <Header value="$about" size="5"/>
  <Text name="before" value="$before"/>
  <View style="border-left: 4px solid #888; padding: 0.5em 1em; font-size: 120%">
    <Text name="sentence" value="$sentence"/>
  </View>
  <Text name="after" value="$after"/>
  <Choices name="stance" toName="sentence" choice="single" required="true" showInline="true"
           requiredMessage="Choose a stance, or skip the sentence">
    <Choice value="conciliatory" hotkey="c"/>
    <Choice value="demanding" hotkey="d"/>
    <Choice value="skeptical" hotkey="s"/>
    <Choice value="neutral" hotkey="n"/>
  </Choices>
  <Header value="Whose stance is it?" size="6"/>
  <TextArea name="holder" toName="sentence" maxSubmissions="1" editable="true"
            placeholder="the party, as the text calls it; nothing where nobody's"/>
  <Header value="Toward whom or what?" size="6"/>
  <TextArea name="target" toName="sentence" maxSubmissions="1" editable="true"
            placeholder="the party, claim or plan; nothing where there is none"/>
</View>
"""
"""What Label Studio shows for a task: its labeling configuration, the same for every project."""


class TaskData(BaseModel):
    """What a task says of its sentence; `about`, `before` and `after` are only shown."""

    document: NonEmpty
    """The document's id in the store."""
    index: int = Field(ge=0)
    text_sha256: Sha256
    sentence: NonEmpty
    about: str = ""
    before: str = ""
    after: str = ""
    reason: str | None = None
    """Why the sentence is worth labelling, where it was suggested."""


def tasks(
    documents: Sequence[ReadDocument],
    model_version: str,
    chosen: Mapping[tuple[str, int], str] | None = None,
) -> list[dict[str, object]]:
    """A task for every sentence, with the model's reading as a prediction to correct.

    The ids of the documents are those in the store (`AnnotationStore.keep`). Of the sentences
    only the `chosen` ones, if given: document id and index, with the reason of the choice.
    """
    return [
        _task(read, index, model_version, chosen and chosen[read.document.id, index])
        for read in documents
        for index in range(len(read.predictions))
        if chosen is None or (read.document.id, index) in chosen
    ]


def _task(
    read: ReadDocument, index: int, model_version: str, reason: str | None
) -> dict[str, object]:
    texts = [prediction.text for prediction in read.predictions]
    known = read.document
    about = [known.title or known.id, known.issuer, known.kind, known.date]
    data = TaskData(
        document=known.id,
        index=index,
        text_sha256=sentence_sha256(texts[index]),
        sentence=texts[index],
        about=", ".join(str(value) for value in about if value),
        before=" ".join(texts[max(0, index - SENTENCES_AROUND) : index]) or BEGINNING,
        after=" ".join(texts[index + 1 : index + 1 + SENTENCES_AROUND]) or END,
        reason=reason,
    )
    prediction = read.predictions[index]
    return {
        "data": data.model_dump(exclude_none=True),
        "predictions": [
            {
                "model_version": model_version,
                "score": max(prediction.probabilities),
                "result": list(_results(prediction)),
            }
        ],
    }


def _results(prediction: Prediction) -> Iterator[dict[str, object]]:
    if prediction.stance is not None:
        yield _result("stance", "choices", {"choices": [prediction.stance]})
    for name in ("holder", "target"):
        if party := getattr(prediction, name):
            yield _result(name, "textarea", {"text": [party]})


def _result(name: str, kind: str, value: dict[str, object]) -> dict[str, object]:
    return {"id": name, "from_name": name, "to_name": "sentence", "type": kind, "value": value}


class _Value(BaseModel):
    choices: list[Stance] = []
    text: list[str] | str = []


class _Result(BaseModel):
    from_name: Literal["stance", "holder", "target"]
    value: _Value


class _User(BaseModel):
    id: int | None = None
    email: str | None = None


class _Completed(BaseModel):
    completed_by: int | _User | None = None
    was_cancelled: bool = False
    result: list[_Result]


class _Task(BaseModel):
    data: TaskData
    annotations: list[_Completed]


class Imported(Record):
    """What came of an import."""

    added: int
    unchanged: int
    """Readings that the store has already."""
    unfinished: int
    """Tasks that nobody has completed: not begun, or skipped."""


def import_completed(path: Path, store: AnnotationStore) -> Imported:
    """Keep the completed annotations of an export in Label Studio's JSON format, all or none.

    Of several by one user for one task the last counts.

    Raises:
        DataError: the file is no such export, or tasks of it are malformed, incomplete, or of a
            sentence that the store does not have; all are named by their place in the file.
    """
    found: list[NewReading] = []
    problems = []
    unfinished = 0
    for place, row in _rows(path):
        try:
            task = _Task.model_validate(row)
        except ValidationError as error:
            problems.append(
                f"{place}: {explain_validation(error)}; export from Label Studio as JSON"
            )
            continue
        completed = [one for one in task.annotations if not one.was_cancelled]
        unfinished += not completed
        for one in completed:
            try:
                found.append(_reading(one, task.data, store))
            except DataError as error:
                problems.append(f"{place}: {error}")
    raise_problems(problems)
    known = {(a.document, a.sentence, a.annotator): a for a in store.annotations()}
    new = [one for one in found if not _same(one, known.get(_key(one)))]
    store.add_all(new)
    return Imported(added=len(new), unchanged=len(found) - len(new), unfinished=unfinished)


def _rows(path: Path) -> Iterator[tuple[str, object]]:
    """The tasks of an export, each with its place."""
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; check the path") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({error}); export from Label Studio as JSON") from error
    if not isinstance(tasks, list) or not tasks:
        raise DataError(f"{path}: holds no list of tasks; export from Label Studio as JSON")
    for number, task in enumerate(tasks, 1):
        name = task.get("id") if isinstance(task, dict) else None
        yield f"{path}: task {number}" + (f" (id {name})" if name is not None else ""), task


def _reading(completed: _Completed, data: TaskData, store: AnnotationStore) -> NewReading:
    document = store.document(data.document)
    if document is None:
        raise DataError(
            f"document {data.document!r} is not in {store.path}; name the store that the tasks "
            "were made with (--store), or make them again"
        )
    sentences = split_sentences(document.text)
    if data.index >= len(sentences) or (
        sentence_sha256(sentences[data.index].text) != data.text_sha256
    ):
        raise DataError(
            f"sentence {data.index} of document {data.document!r} is another one in "
            f"{store.path}; make the tasks again"
        )
    stances = _values(completed, "stance")
    if len(stances) != 1:
        found = ", ".join(stances) or "none"
        raise DataError(f"one stance is needed, found {found}; complete or skip it")
    return NewReading(
        document=document,
        index=data.index,
        stance=Stance(stances[0]),
        holder=_one_party(completed, "holder"),
        target=_one_party(completed, "target"),
        annotator=_annotator(completed.completed_by),
    )


def _one_party(completed: _Completed, name: str) -> str | None:
    parties = [text for text in _values(completed, name) if text.strip()]
    if len(parties) > 1:
        raise DataError(f"{name} is {len(parties)} parties: {', '.join(parties)}; keep one")
    return parties[0] if parties else None


def _values(completed: _Completed, name: str) -> list[str]:
    return [
        text
        for result in completed.result
        if result.from_name == name
        for text in (*result.value.choices, *_listed(result.value.text))
    ]


def _listed(text: list[str] | str) -> list[str]:
    return [text] if isinstance(text, str) else text


def _annotator(user: int | _User | None) -> str:
    """The address by which Label Studio knows a user, else the number."""
    if isinstance(user, _User) and user.email:
        return user.email
    number = user.id if isinstance(user, _User) else user
    if number is None:
        raise DataError("nobody is named in completed_by; export with annotators")
    return f"label-studio-{number}"


def _key(reading: NewReading) -> tuple[str, int, str]:
    return reading.document.id, reading.index, reading.annotator


def _same(reading: NewReading, known: Annotation | None) -> bool:
    return known is not None and (reading.stance, reading.holder, reading.target) == (
        known.stance,
        known.holder,
        known.target,
    )
