"""Measure attribution on held-out events: spans, parties, and whether the cue decides."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.attribution import Attribution, attribute
from pipeline.attribution.discourse import Holder, resolve
from pipeline.attribution.parties import Parties, Party
from pipeline.attribution.projection import project
from pipeline.attribution.spans import Chars, SentenceSpans, Source, SpanLabels
from pipeline.attribution.words import content_words, is_pronoun, stem
from pipeline.classifier import Probabilities
from pipeline.records import STANCES, Example, Record, Stance

Read = Callable[[Sequence[Example]], Sequence[SentenceSpans]]
"""A way to find the spans of sentences, each of which takes a stance."""


class SpanScore(Record):
    """Spans found against those projected from the annotations."""

    exact_f1: float
    partial_f1: float
    """A span that overlaps the right one counts as found."""
    support: int


class Share(Record):
    """How many of `n` sentences are right."""

    right: float
    n: int


class AttributionScore(Record):
    """All figures of one way to attribute, over the sentences whose gold label is a stance."""

    holder: Share
    holder_low: float
    holder_high: float
    """95 % interval over events."""
    holder_by_name: Share
    """Right by the words alone: the party found shares a name or head noun with the gold one."""
    holder_and_stance_taken: Share
    """Right holder, and the classifier does not call the sentence neutral."""
    target: Share
    """Over the sentences whose annotation has a target, named in the sentence or not."""
    target_named: Share
    """Over those whose target is named in the sentence."""
    holder_spans: SpanScore
    target_spans: SpanScore
    by_source: dict[str, Share]
    """By where the annotation's holder is found (`Source`)."""
    by_kind: dict[str, Share]


class Failure(Record):
    """A sentence whose holder was not found."""

    id: str
    text: str
    gold: str
    found: str
    words: str
    """The passage taken for the holder, or where it was looked for."""


class CueScore(Record):
    """What the likeliest stance loses, on average, when words are left out of the sentence."""

    n: int
    mean_words: float
    drop_without_cue: float
    drop_without_random_words: float
    """As many words that follow each other, drawn at random, without any of the cue's."""
    share_cue_drops_more: float


class Gold:
    """The held-out sentences by document, with what the annotations say of them."""

    def __init__(self, examples: Sequence[Example], titles: Mapping[str, str | None]) -> None:
        self.examples = list(examples)
        self.labels: list[SpanLabels] = project(self.examples)
        self.documents: dict[str, list[int]] = defaultdict(list)
        for index, example in enumerate(self.examples):
            self.documents[example.document].append(index)
        self._titles = titles

    def takes_stance(self, index: int) -> bool:
        """Whether the sentence is one to attribute."""
        return bool(self.labels[index].known)

    def parties(self, document: str) -> Parties:
        """The parties of a document, as prediction would know them: not from annotations."""
        rows = [self.examples[index] for index in self.documents[document]]
        texts = [row.text for row in rows]
        return Parties(texts, rows[0].issuer, rows[0].kind, self._titles.get(document))


def score(
    gold: Gold, spans: Sequence[SentenceSpans], taken: Sequence[bool], samples: int, seed: int
) -> tuple[AttributionScore, list[Failure]]:
    """All figures of spans, one for each of the gold sentences, and what fails.

    `taken` tells which sentences the classifier does not call neutral.
    """
    right: dict[int, bool] = {}
    named: dict[int, bool] = {}
    targets: dict[int, bool] = {}
    named_targets: dict[int, bool] = {}
    failures = []
    for document, indices in gold.documents.items():
        for index, expected, found, target in _document(gold, document, indices, spans):
            example = gold.examples[index]
            right[index] = expected.key == found.holder.key
            named[index] = _shares_name(example.holder or "", found.holder.name)
            if example.target:
                targets[index] = bool(target and found.target and target.key == found.target.key)
                if gold.labels[index].spans.target:
                    named_targets[index] = targets[index]
            if not right[index]:
                failures.append(_failure(example, expected, found))
    indices = sorted(right)
    values = np.array([right[index] for index in indices])
    events = np.unique([gold.examples[index].event for index in indices], return_inverse=True)[1]
    low, high = _interval(values, events, samples, seed)
    sources = [gold.labels[index].spans.source.name.lower() for index in indices]
    kinds = [str(gold.examples[index].kind) for index in indices]
    return (
        AttributionScore(
            holder=_share(values),
            holder_low=low,
            holder_high=high,
            holder_by_name=_share([named[index] for index in indices]),
            holder_and_stance_taken=_share([right[index] and taken[index] for index in indices]),
            target=_share(list(targets.values())),
            target_named=_share(list(named_targets.values())),
            holder_spans=_span_score(gold, spans, indices, "holder"),
            target_spans=_span_score(gold, spans, indices, "target"),
            by_source=_by(sources, values),
            by_kind=_by(kinds, values),
        ),
        failures,
    )


def _document(
    gold: Gold, document: str, indices: Sequence[int], spans: Sequence[SentenceSpans]
) -> list[tuple[int, Party, Attribution, Party | None]]:
    """Index, gold holder, attribution and gold target of the sentences that take a stance."""
    parties = gold.parties(document)
    rows = [gold.examples[index] for index in indices]
    texts = [row.text for row in rows]
    used = [spans[index] if gold.takes_stance(index) else None for index in indices]
    found = attribute(texts, used, parties)
    annotated = [Holder(Source.SENTENCE, row.holder) if row.holder else None for row in rows]
    holders = resolve(texts, annotated, parties)
    result = []
    for place, (index, row) in enumerate(zip(indices, rows, strict=True)):
        if found[place] and holders[place]:
            known = row.target and not is_pronoun(row.target)
            target = parties.other(row.target, place, holders[place]) if known else None
            result.append((index, holders[place], found[place], target))
    return result


def cue_score(
    examples: Sequence[Example],
    cues: Sequence[Chars | None],
    predict_proba: Callable[[Sequence[Example]], Probabilities],
    seed: int,
) -> CueScore:
    """Leave the cue out of each sentence, and random words in its place; see `CueScore`."""
    random = np.random.default_rng(seed)
    whole = predict_proba(examples)
    kept, without, randomly, n_words = [], [], [], []
    for index, (example, cue) in enumerate(zip(examples, cues, strict=True)):
        places = [match.span() for match in re.finditer(r"\S+", example.text)]
        inside = [cue is not None and a < cue[1] and b > cue[0] for a, b in places]
        length = sum(inside)
        starts = [
            start
            for start in range(len(places) - length + 1)
            if not any(inside[start : start + length])
        ]
        if STANCES[whole[index].argmax()] is Stance.NEUTRAL or not length or not starts:
            continue
        start = int(random.choice(starts))
        others = [start <= place < start + length for place in range(len(places))]
        kept.append(index)
        n_words.append(length)
        without.append(_without(example, places, inside))
        randomly.append(_without(example, places, others))
    stances = whole[kept].argmax(axis=1)
    rows = np.arange(len(kept))
    before = whole[kept][rows, stances]
    drops = [before - predict_proba(texts)[rows, stances] for texts in (without, randomly)]
    return CueScore(
        n=len(kept),
        mean_words=float(np.mean(n_words)),
        drop_without_cue=float(drops[0].mean()),
        drop_without_random_words=float(drops[1].mean()),
        share_cue_drops_more=float((drops[0] > drops[1]).mean()),
    )


def _without(example: Example, places: Sequence[Chars], dropped: Sequence[bool]) -> Example:
    words = [example.text[a:b] for (a, b), drop in zip(places, dropped, strict=True) if not drop]
    return example.model_copy(update={"text": " ".join(words)})


def _span_score(
    gold: Gold, spans: Sequence[SentenceSpans], indices: Sequence[int], group: str
) -> SpanScore:
    """F1 of one group's spans over the sentences `indices`."""
    exact = partial = n_gold = n_found = 0
    for index in indices:
        expected = getattr(gold.labels[index].spans, group)
        found = getattr(spans[index], group)
        n_gold += expected is not None
        n_found += found is not None
        if expected and found:
            exact += expected == found
            partial += expected[0] < found[1] and found[0] < expected[1]
    total = max(1, n_gold + n_found)
    return SpanScore(exact_f1=2 * exact / total, partial_f1=2 * partial / total, support=n_gold)


def _shares_name(gold: str, found: str) -> bool:
    """Whether two names of parties have a proper name or, without any, a word in common."""
    words = [content_words(name) for name in (gold, found)]
    proper = [{stem(word) for word in part if word[0].isupper()} for part in words]
    if all(proper):
        return bool(proper[0] & proper[1])
    return bool({stem(word) for word in words[0]} & {stem(word) for word in words[1]})


def _failure(example: Example, expected: Party, found: Attribution) -> Failure:
    place = found.spans.holder
    words = example.text[place[0] : place[1]] if place else f"({found.spans.source.name.lower()})"
    gold = f"{example.holder} ({expected.name})"
    return Failure(
        id=example.id, text=example.text, gold=gold, found=found.holder.name, words=words
    )


def _share(values: Sequence[bool] | np.ndarray) -> Share:
    return Share(right=float(np.mean(values)) if len(values) else 0.0, n=len(values))


def _by(names: Sequence[str], values: np.ndarray) -> dict[str, Share]:
    known = np.array(names)
    return {str(name): _share(values[known == name]) for name in np.unique(known)}


def _interval(
    values: np.ndarray, events: np.ndarray, samples: int, seed: int
) -> tuple[float, float]:
    """95 % interval of a mean, by drawing events with replacement."""
    n_events = int(events.max()) + 1
    right = np.bincount(events, weights=values, minlength=n_events)
    total = np.bincount(events, minlength=n_events)
    draws = np.random.default_rng(seed).integers(n_events, size=(samples, n_events))
    means = right[draws].sum(axis=1) / total[draws].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
