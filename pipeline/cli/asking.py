"""Asking for the stance of one sentence after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.prompt import Prompt
from rich.text import Text

from pipeline.annotations.store import AnnotationStore
from pipeline.cli.console import output
from pipeline.output import STYLES
from pipeline.records import Document, Stance
from pipeline.sentences import split_sentences

KEYS = {stance[0]: stance for stance in Stance}
SKIP, BACK, QUIT = "", "b", "q"
HELP = "c conciliatory, d demanding, s skeptical, n neutral; Enter skips, b goes back, q ends"


@dataclass(frozen=True)
class Question:
    """A sentence of a document whose stance is asked for."""

    document: Document
    index: int


def ask(questions: Sequence[Question], store: AnnotationStore, annotator: str) -> int:
    """Ask until the last sentence or the end of the input; each answer is kept at once.

    The model's reading is not shown, since it would sway the annotator. Returns how many of the
    sentences were answered.
    """
    answered: set[int] = set()
    number = 0
    output.print(Text(HELP, style="dim"))
    try:
        while number < len(questions):
            question = questions[number]
            for line in _shown(question, number, len(questions), store, annotator):
                output.print(line)
            answer = _ask("stance", choices=[*KEYS, BACK, QUIT])
            if answer == QUIT:
                break
            if answer == BACK:
                number = max(0, number - 1)
                continue
            if answer != SKIP:
                _keep(question, KEYS[answer], store, annotator)
                answered.add(number)
            number += 1
    except (EOFError, KeyboardInterrupt):
        output.print()
    return len(answered)


def _keep(question: Question, stance: Stance, store: AnnotationStore, annotator: str) -> None:
    neutral = stance is Stance.NEUTRAL
    holder = None if neutral else _ask("whose stance (Enter: nobody's)")
    target = None if neutral else _ask("toward whom or what (Enter: nothing)")
    store.add(question.document, question.index, stance, holder, target, annotator)


def _ask(question: str, choices: list[str] | None = None) -> str:
    prompt = Prompt(question, console=output, choices=choices, show_default=False)
    return prompt(default="").strip()


def _shown(
    question: Question, number: int, total: int, store: AnnotationStore, annotator: str
) -> Iterator[Text]:
    """A sentence between its neighbours, under what is known of the document."""
    document, index = question.document, question.index
    known = [document.title or document.id, document.issuer, document.kind, document.date]
    yield Text()
    head = Text(f"{number + 1}/{total}  ", style="dim")
    yield head.append(", ".join(str(value) for value in known if value))
    texts = [sentence.text for sentence in split_sentences(document.text)]
    if index:
        yield Text(texts[index - 1], style="dim")
    yield Text(texts[index], style="bold")
    if index + 1 < len(texts):
        yield Text(texts[index + 1], style="dim")
    for made in store.annotations(document, annotator):
        if made.sentence == index:
            parties = [f"holder {made.holder}"] * bool(made.holder)
            parties += [f"target {made.target}"] * bool(made.target)
            so_far = ", ".join([made.stance, *parties])
            yield Text(f"so far: {so_far}", style=STYLES[made.stance])
