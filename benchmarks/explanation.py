"""Do the words that `--explain` names move the decision more than other words do?

Deletes the weightiest fifth of each sentence's words and, for comparison, as many at random, and
looks at the probability of the stance that was predicted (comprehensiveness, DeYoung et al. 2020,
ERASER). Writes a table.

    python benchmarks/explanation.py labelled.jsonl reports/explanation.md
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.classifier import Classifier, load_classifier
from pipeline.explain import explain
from pipeline.external import read_labelled
from pipeline.records import SentenceInContext, WordWeight
from pipeline.storage import write_text

DELETED_FRACTION = 0.2
N_RANDOM = 5
SEED = 11


def without(example: SentenceInContext, places: Sequence[int]) -> SentenceInContext:
    """The sentence without the words at those places; never empty."""
    words = example.text.split()
    kept = [word for place, word in enumerate(words) if place not in set(places)]
    return example.model_copy(update={"text": " ".join(kept) or "."})


def weightiest(words: Sequence[WordWeight], n: int) -> list[int]:
    """The places of the `n` words that speak most for the stance."""
    return sorted(range(len(words)), key=lambda place: -words[place].weight)[:n]


def measure(classifier: Classifier, examples: Sequence[SentenceInContext]) -> dict[str, np.ndarray]:
    """Per sentence: how much each kind of deletion takes from the stance, and whether it flips."""
    generator = np.random.default_rng(SEED)
    explanations = explain(classifier, examples)
    counts = [max(1, round(DELETED_FRACTION * len(words))) for words in explanations]
    before = classifier.predict_proba(examples)
    stance, rows = before.argmax(axis=1), np.arange(len(examples))

    def effect(chosen: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        after = classifier.predict_proba(
            [without(e, places) for e, places in zip(examples, chosen, strict=True)]
        )
        return before[rows, stance] - after[rows, stance], after.argmax(axis=1) != stance

    named = effect([weightiest(w, n) for w, n in zip(explanations, counts, strict=True)])
    random = [
        effect(
            [
                generator.choice(len(w), n, replace=False).tolist()
                for w, n in zip(explanations, counts, strict=True)
            ]
        )
        for _ in range(N_RANDOM)
    ]
    return {
        "named": named[0],
        "named_flips": named[1],
        "random": np.mean([drop for drop, _ in random], axis=0),
        "random_flips": np.mean([flips for _, flips in random], axis=0),
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labelled", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, default=Path("models/encoder"))
    parser.add_argument("--sentences", type=int, default=150)
    arguments = parser.parse_args()
    sentences = read_labelled(arguments.labelled)
    order = np.random.default_rng(SEED).permutation(len(sentences))[: arguments.sentences]
    examples = [sentences[place].in_context for place in sorted(order)]
    found = measure(load_classifier(arguments.model), examples)
    generator = np.random.default_rng(SEED)
    difference = found["named"] - found["random"]
    picks = generator.integers(0, len(difference), (2000, len(difference)))
    low, high = np.percentile(difference[picks].mean(axis=1), [2.5, 97.5])
    lines = [
        "# Faithfulness of the explanation",
        "",
        f"The {DELETED_FRACTION:.0%} weightiest words of {len(difference)} sentences of "
        f"`{arguments.labelled.name}` deleted, against as many at random ({N_RANDOM} draws).",
        "",
        "| deleted | probability of the stance falls by | stance changes |",
        "|---|---|---|",
        f"| the words named | {found['named'].mean():.3f} | {found['named_flips'].mean():.0%} |",
        f"| random words | {found['random'].mean():.3f} | {found['random_flips'].mean():.0%} |",
        "",
        f"The difference is {difference.mean():.3f}, 95 % interval {low:.3f} to {high:.3f} "
        "(bootstrap over sentences).",
    ]
    write_text(arguments.out, "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
