"""The roll-up: from sentences to parties to the document, each figure with its interval.

The intervals cover two doubts: that a text holds few sentences, and that the classifier may be
wrong about each. A sentence adds its calibrated probabilities to the counts of the four stances;
given the counts, the shares are drawn from a Dirichlet distribution. That is the Bayesian bootstrap
(Rubin 1981, The Annals of Statistics 9:130) of a sentence whose stance is itself drawn by its
probabilities. One sentence's worth of indifference is added (the proper Bayesian bootstrap, Muliere
and Secchi 1996), without which one or two sentences would seem to settle the matter.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.records import STANCES, Prediction, Record, Stance

CREDIBLE_MASS = 0.95
N_DRAWS = 8_000
SEED = 1981
PRIOR = np.array([0.25, 0.125, 0.125, 0.5])
"""One sentence, as likely neutral as not, and as likely conciliatory as on the other side."""
N_DECIDING = 3


class Estimate(Record):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class StanceShare(Record):
    """How much of some sentences takes a stance."""

    sentences: int
    """Sentences whose likeliest stance this is."""
    share: float
    """Of all sentences, 0 to 1; abstained ones count by their probabilities."""
    low: float
    high: float
    """95 % interval of the share."""


class Profile(Record):
    """What the sentences of one party, or of a whole document, come to."""

    party: str
    sentences: tuple[int, ...]
    """Their numbers in the document."""
    shares: dict[Stance, StanceShare]
    index: Estimate | None
    """The stance index, see `stance_index`; None where no sentence takes a stance."""
    deciding: tuple[int, ...]
    """The sentences that weigh most in the index, the surest first."""


def profile(party: str, predictions: Sequence[Prediction], chosen: Iterable[int]) -> Profile:
    """The profile of the chosen sentences."""
    chosen = tuple(chosen)
    ranked = sorted(chosen, key=lambda number: -max(predictions[number].probabilities))
    sentences = [predictions[number] for number in chosen]
    draws = draw_shares(sentences, np.random.default_rng(SEED))
    return Profile(
        party=party,
        sentences=chosen,
        shares=stance_shares(sentences, draws),
        index=stance_index(sentences, draws),
        deciding=tuple(n for n in ranked if takes_stance(predictions[n]))[:N_DECIDING],
    )


def party_profiles(predictions: Sequence[Prediction], voice: str) -> tuple[Profile, ...]:
    """One profile per party, in the order of how many sentences each holds.

    What has no holder of its own is the `voice` of the text: its issuer, or the author.
    """
    sentences: dict[str, list[int]] = {}
    for number, prediction in enumerate(predictions):
        sentences.setdefault(prediction.holder or voice, []).append(number)
    ranked = sorted(sentences.items(), key=lambda item: -len(item[1]))
    return tuple(profile(party, predictions, chosen) for party, chosen in ranked)


def takes_stance(prediction: Prediction) -> bool:
    """Whether the classifier reads a stance other than neutral, and is sure enough to say so."""
    return prediction.stance not in (None, Stance.NEUTRAL)


def stance_shares(
    predictions: Sequence[Prediction], draws: npt.NDArray[np.float64]
) -> dict[Stance, StanceShare]:
    """The share of each stance: its mean probability over the sentences.

    `draws` are those of `draw_shares`.
    """
    shares = _expected_counts(predictions) / len(predictions)
    likeliest = Counter(prediction.stance for prediction in predictions)
    found = {}
    for column, stance in enumerate(STANCES):
        share = estimate(shares[column], draws[:, column], CREDIBLE_MASS)
        found[stance] = StanceShare(
            sentences=likeliest[stance], share=share.value, low=share.low, high=share.high
        )
    return found


def stance_index(
    predictions: Sequence[Prediction], draws: npt.NDArray[np.float64]
) -> Estimate | None:
    """Conciliatory minus demanding and skeptical, over all three: from -1 to 1.

    Every sentence counts by its probabilities. None where no sentence takes a stance, since what
    the classifier leaves to the other stances would then decide. `draws` are those of
    `draw_shares`.
    """
    if not any(takes_stance(prediction) for prediction in predictions):
        return None
    return estimate(_index(_expected_counts(predictions)), _index(draws), CREDIBLE_MASS)


def draw_shares(
    predictions: Sequence[Prediction], generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draws of the four shares, of shape (n_draws, 4)."""
    return generator.dirichlet(_expected_counts(predictions) + PRIOR, N_DRAWS)


def draw_index(
    predictions: Sequence[Prediction], generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draws of the stance index."""
    return _index(draw_shares(predictions, generator))


def estimate(value: float, draws: npt.NDArray[np.float64], mass: float) -> Estimate:
    """A value with the interval that holds the middle `mass` (0 to 1) of its draws."""
    # As np.quantile has it, in a quarter of the time: a long text has a profile for every party.
    ordered = np.sort(np.ascontiguousarray(draws))
    ends = [(1 - mass) / 2, (1 + mass) / 2]
    low, high = np.interp(ends, np.linspace(0, 1, len(ordered)), ordered)
    return Estimate(value=float(value), low=float(min(low, value)), high=float(max(high, value)))


def _index(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    conciliatory, demanding, skeptical, _ = np.moveaxis(shares, -1, 0)
    return (conciliatory - demanding - skeptical) / (conciliatory + demanding + skeptical)


def _expected_counts(predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    return np.array([prediction.probabilities for prediction in predictions]).sum(axis=0)
