"""Accounts of one event, set side by side."""

import string
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.compare.alignment import MENTIONED, SentenceEncoder, align, similarities
from pipeline.compare.records import Account, Comparison, SharedPoint
from pipeline.compare.topics import is_stock, one_sided_topics
from pipeline.compare.verdict import differences, party_differences, verdict
from pipeline.compare.wording import Wording
from pipeline.errors import DataError
from pipeline.predict import ScoredDocument
from pipeline.profiles import party_profiles, profile
from pipeline.records import Document, Prediction

MAX_ACCOUNTS = 10
LOW_OVERLAP = 0.16
"""Accounts of different events overlap less (docs/compare.md)."""

Similarities = dict[tuple[int, int], npt.NDArray[np.float64]]


def compare(documents: Sequence[ScoredDocument], encode: SentenceEncoder) -> Comparison:
    """Compare accounts of one event; they are lettered A, B, C … in their order.

    Raises:
        DataError: fewer than two accounts, too many, or one of them twice.
    """
    check_accounts([scored.document for scored in documents])
    accounts = [
        _account(letter, scored)
        for letter, scored in zip(string.ascii_uppercase, documents, strict=False)
    ]
    texts = [[prediction.text for prediction in account.predictions] for account in accounts]
    wording = Wording([text for account in texts for text in account])
    similar = similarities(texts, wording, encode)
    elsewhere = [
        np.max([similar[a, b].max(axis=1) for b in range(len(accounts)) if b != a], axis=0)
        for a in range(len(accounts))
    ]
    found = differences(accounts)
    overlap = _overlap(accounts, elsewhere, wording)
    return Comparison(
        verdict=verdict(accounts, found),
        accounts=tuple(accounts),
        differences=found,
        party_differences=party_differences(accounts),
        shared=_shared_points(accounts, similar, wording),
        only={
            account.letter: one_sided_topics(
                account.letter, account.predictions, elsewhere[a], similar[a, a], wording
            )
            for a, account in enumerate(accounts)
        },
        overlap=overlap,
        warnings=(
            *(warning for scored in documents for warning in scored.warnings),
            *_event_warnings(accounts, overlap),
        ),
    )


def check_accounts(documents: Sequence[Document]) -> None:
    """Refuse what cannot be compared, before anything is scored.

    Raises:
        DataError: fewer than two accounts, too many, or one of them twice.
    """
    if len(documents) < 2:
        raise DataError(
            f"compare needs two accounts or more, found {len(documents)}: "
            "name another file, or use `predict` for one document"
        )
    if len(documents) > MAX_ACCOUNTS:
        raise DataError(
            f"{len(documents)} accounts: at most {MAX_ACCOUNTS} can be set side by side; "
            "compare them in groups, or use `predict` for all their profiles"
        )
    seen: dict[str, Document] = {}
    for document in documents:
        same = seen.setdefault(" ".join(document.text.split()), document)
        if same is not document:
            raise DataError(
                f"{_place(same)} and {_place(document)} hold the same text: "
                "give two different accounts"
            )


def _place(document: Document) -> str:
    return document.source or document.id


def _account(letter: str, scored: ScoredDocument) -> Account:
    document, predictions = scored.document, scored.predictions
    return Account(
        letter=letter,
        name=account_name(document),
        document=document,
        predictions=predictions,
        voice=scored.voice,
        profile=profile(account_name(document), predictions, range(len(predictions))),
        parties=party_profiles(predictions, scored.voice),
    )


def account_name(document: Document) -> str:
    """What a reader knows the account by: who issued it, else its title or file."""
    return document.issuer or document.title or Path(document.source).stem or document.id


def _shared_points(
    accounts: Sequence[Account], similar: Similarities, wording: Wording
) -> tuple[SharedPoint, ...]:
    says_something = [
        np.array([not is_stock(prediction, wording) for prediction in account.predictions])
        for account in accounts
    ]
    points = [
        _point(accounts[a], accounts[b], row, column, similarity)
        for a, b in combinations(range(len(accounts)), 2)
        for row, column, similarity in align(
            similar[a, b] * np.outer(says_something[a], says_something[b])
        )
    ]
    return tuple(sorted(points, key=_most_different_first))


def _most_different_first(point: SharedPoint) -> tuple[bool, float]:
    return not point.stance_differs, -(point.distance if point.stance_differs else point.similarity)


def _point(
    first: Account, second: Account, row: int, column: int, similarity: float
) -> SharedPoint:
    one, other = first.predictions[row], second.predictions[column]
    return SharedPoint(
        first=first.letter,
        first_sentence=row,
        second=second.letter,
        second_sentence=column,
        similarity=similarity,
        stance_differs=_likeliest(one) != _likeliest(other),
        distance=float(np.abs(np.subtract(one.probabilities, other.probabilities)).sum() / 2),
    )


def _likeliest(prediction: Prediction) -> int:
    return int(np.argmax(prediction.probabilities))


def _overlap(
    accounts: Sequence[Account], elsewhere: Sequence[npt.NDArray[np.float64]], wording: Wording
) -> float:
    mentioned = [
        similarity >= MENTIONED
        for account, similarities in zip(accounts, elsewhere, strict=True)
        for prediction, similarity in zip(account.predictions, similarities, strict=True)
        if not is_stock(prediction, wording)
    ]
    return float(np.mean(mentioned)) if mentioned else 0.0


def _event_warnings(accounts: Sequence[Account], overlap: float) -> Iterator[str]:
    events = {account.document.event for account in accounts} - {None}
    if len(events) > 1:
        yield f"the accounts name different events: {', '.join(sorted(events))}"
    if overlap < LOW_OVERLAP:
        yield (
            f"the accounts have little in common ({overlap:.0%} of what they say is mentioned by "
            "another): they may be about different events"
        )
