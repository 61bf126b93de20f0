"""How far accounts differ in stance, and the sentence that says so."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.compare.records import Account, Difference
from pipeline.profiles import CREDIBLE_MASS, Profile, draw_index, estimate

SEED = 2025


def differences(accounts: Sequence[Account]) -> tuple[Difference, ...]:
    """The difference of each pair of accounts that both take a stance."""
    profiles = [(account, account.profile) for account in accounts if account.profile.index]
    return _differences(profiles, None)


def party_differences(accounts: Sequence[Account]) -> tuple[Difference, ...]:
    """The difference of each party that holds a stance in more than one account."""
    found: dict[str, list[tuple[Account, Profile]]] = {}
    for account in accounts:
        for profile in account.parties:
            if profile.index:
                found.setdefault(profile.party.casefold(), []).append((account, profile))
    return tuple(
        difference
        for profiles in found.values()
        for difference in _differences(profiles, profiles[0][1].party)
    )


def verdict(accounts: Sequence[Account], found: Sequence[Difference]) -> str:
    """The verdict in one sentence, with its uncertainty."""
    silent = [account for account in accounts if account.profile.index is None]
    said = f"{_listed(silent)} {'takes' if len(silent) == 1 else 'take'} no stance in any sentence"
    if len(silent) == len(accounts):
        return f"No comparison of stance: {said}."
    if not found:
        return f"No comparison of stance: {said}, so that one account alone has a stance."
    sentence = _spoken(max(found, key=_strength), len(accounts) - len(silent))
    return f"{sentence} ({said}.)" if silent else sentence


def _differences(
    profiles: Sequence[tuple[Account, Profile]], party: str | None
) -> tuple[Difference, ...]:
    """Every pair's difference of stance indices with its interval.

    With several pairs the intervals are widened so that all of them together hold with 95 %
    (Bonferroni's inequality; Dunn 1961, Journal of the American Statistical Association 56:52).
    """
    pairs = list(combinations(range(len(profiles)), 2))
    if not pairs:
        return ()
    draws = []
    for number, (account, profile) in enumerate(profiles):
        chosen = [account.predictions[sentence] for sentence in profile.sentences]
        draws.append(draw_index(chosen, np.random.default_rng([SEED, number])))
    mass = 1 - (1 - CREDIBLE_MASS) / len(pairs)
    found = []
    for first, second in pairs:
        value = profiles[second][1].index.value - profiles[first][1].index.value
        difference = estimate(value, draws[second] - draws[first], mass)
        found.append(
            Difference(
                first=profiles[first][0].letter,
                second=profiles[second][0].letter,
                party=party,
                value=difference,
                clear=bool(difference.low > 0 or difference.high < 0),
            )
        )
    return tuple(found)


def _strength(difference: Difference) -> tuple[bool, float]:
    return difference.clear, abs(difference.value.value)


def _spoken(difference: Difference, n_accounts: int) -> str:
    value = difference.value
    first, second = difference.first, difference.second
    interval = f"95 % interval {value.low:+.2f} to {value.high:+.2f}"
    among = "" if n_accounts == 2 else f", the widest difference among {n_accounts} accounts"
    if difference.clear:
        side = "less" if value.value < 0 else "more"
        return (
            f"{second} is {side} conciliatory than {first}: {value.value:+.2f}, {interval}{among}."
        )
    return f"No clear difference: {second} against {first} {value.value:+.2f}, {interval}{among}."


def _listed(accounts: Sequence[Account]) -> str:
    return " and ".join(account.letter for account in accounts)
