"""What benchmarks/speed.py measures, as it is kept in reports/bench.json."""

import statistics

from pipeline.records import Record


class Contestant(Record):
    """One way to read the sentences."""

    n: int
    rates: tuple[float, ...]
    """Sentences a second, one for each turn."""
    peak_mb: float
    macro_f1: float | None
    """On what it read; None where its labels mean nothing."""
    equal_to_torch: float | None
    """Share of labels that are those of our torch model."""

    @property
    def rate(self) -> float:
        """Sentences a second, the median."""
        return statistics.median(self.rates)


class Command(Record):
    """A command from its start to its end."""

    seconds: tuple[float, ...]
    peak_mb: float


class CorpusRun(Record):
    """`score-corpus` on a corpus; its processes together."""

    name: str
    engine: str
    sentences: int
    """In the corpus."""
    scored: int
    """As many as were done when it ended, or when its time was up."""
    cores: int
    seconds: float
    steady_rate: float | None
    """Sentences a second from the first shards to the last, without start and loading."""
    peak_mb: float
    slope_mb: float | None
    """Memory that a further 100,000 sentences take; None for a run too short to tell."""


class Floor(Record):
    """What the matrix products of a sentence take at least."""

    mean_tokens: float
    operations: float
    """Of one sentence."""
    matrix_rates: dict[str, float]
    """Operations a second of this machine's matrix product, by precision."""


class TimeShares(Record):
    """Where the time goes that one thread takes to read documents; shares of it, 0 to 1."""

    sentences_per_second: float
    shares: dict[str, float]


class CascadeStep(Record):
    """A cascade that takes the small model's answer from a probability on; validation events."""

    sure: float
    settled: float
    """Share of the sentences that the small model settles."""
    settled_neutral: float
    """Share that it settles as neutral, the only ones that need no spans."""
    macro_f1_loss: float
    speed_up: float
    """Against the encoder alone, if spans were not needed."""
    speed_up_with_spans: float


class TrainingLoop(Record):
    """A training loop on this machine."""

    sentences_per_second: float
    epoch_minutes: float


class Bench(Record):
    """All figures of one run."""

    processor: str
    versions: str
    cores: int
    quick: bool
    sentences: int
    export: str
    contestants: dict[str, Contestant]
    missing: dict[str, str]
    commands: dict[str, Command]
    corpora: tuple[CorpusRun, ...]
    floor: Floor
    time_shares: dict[str, TimeShares]
    cascade: tuple[CascadeStep, ...]
    training: dict[str, TrainingLoop]


class Streamed(Record):
    """An input of benchmarks/streaming.py: scored, killed, gone on with."""

    name: str
    files: int
    gigabytes: float
    list_seconds: float
    """To find the files."""
    plan_seconds: float
    """To divide them into parts."""
    read_documents: float
    """A second, in one thread, without scoring."""
    read_megabytes: float
    """Of text, a second."""
    scored: int
    """Sentences in shards of parts that are done."""
    rate: float | None
    """Sentences a second of the first start, steady; None where it was too short to tell."""
    peak_mb: float
    memory: tuple[tuple[float, float], ...]
    """Seconds since the start, and MB of all processes together."""
    ended: bool
    """Whether everything was done before time was up."""
    done_again: int
    """Parts that were done before the kill and done again."""
    twice: int
    missing: int
    """Sentences that the notes of parts tell of and the shards lack."""
