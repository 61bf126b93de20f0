"""What a comparison holds; docs/compare.md describes it as JSON."""

from pipeline.profiles import Estimate, Profile
from pipeline.records import Document, Prediction, Record, Stance

COMPARISON_VERSION = "1.0"
"""Version of the JSON output (docs/compare.md)."""
GUARDRAIL = (
    "What one account leaves out is an observation about the texts. It says nothing of the motive, "
    "and nothing of what was said in the room."
)


class Account(Record):
    """One account of the event: its sentences, the whole and the parties."""

    letter: str
    """A, B, C …: the account's short name in this comparison."""
    name: str
    document: Document
    predictions: tuple[Prediction, ...]
    voice: str
    """The party behind what nobody else holds."""
    profile: Profile
    parties: tuple[Profile, ...]


class Difference(Record):
    """How far two accounts, or one party in two accounts, differ in the stance index."""

    first: str
    second: str
    """Letters of the accounts; the value is the index of `second` minus that of `first`."""
    party: str | None
    """None where whole accounts are compared."""
    value: Estimate
    clear: bool
    """Whether the interval leaves zero out."""


class SharedPoint(Record):
    """Two sentences of two accounts that mean the same, or nearly."""

    first: str
    first_sentence: int
    second: str
    second_sentence: int
    similarity: float
    stance_differs: bool
    distance: float
    """Total variation distance of the two stance distributions, 0 to 1."""


class Topic(Record):
    """What one account speaks of and no other does."""

    letter: str
    label: str
    """Its most telling words."""
    sentences: tuple[int, ...]
    stance: Stance
    """The likeliest over its sentences together."""
    nearest: float
    """The highest similarity of any of its sentences to a sentence elsewhere."""
    weight: float
    """How many sentences with a stance it comes to, less what is said in part elsewhere."""


class Comparison(Record):
    """Accounts of one event, side by side."""

    version: str = COMPARISON_VERSION
    verdict: str
    accounts: tuple[Account, ...]
    differences: tuple[Difference, ...]
    """Of whole accounts, one for each pair in which both take a stance."""
    party_differences: tuple[Difference, ...]
    """Of the parties that hold a stance in more than one account."""
    shared: tuple[SharedPoint, ...]
    """Those whose stance differs come first, the furthest apart leading."""
    only: dict[str, tuple[Topic, ...]]
    """By letter, in the order of their weight."""
    overlap: float
    """Share of the sentences (0 to 1) that another account mentions, stock phrases aside."""
    warnings: tuple[str, ...] = ()
    guardrail: str = GUARDRAIL

    def account(self, letter: str) -> Account:
        """The account of that letter."""
        return next(account for account in self.accounts if account.letter == letter)
