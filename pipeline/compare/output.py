"""A comparison for the terminal and as Markdown."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.compare.records import Account, Comparison, SharedPoint, Topic
from pipeline.output import ABSTAINED, STYLES, markdown_text
from pipeline.profiles import Estimate, Profile
from pipeline.records import STANCES, Prediction

SHOWN_TOPICS = 8
SHOWN_POINTS = 8


def comparison_view(comparison: Comparison) -> RenderableType:
    """The verdict, the accounts and their parties, what only one says, where they differ."""
    parts: list[RenderableType] = [Text(comparison.verdict, style="bold")]
    parts.extend(Text(f"{account.letter}  {account.name}") for account in comparison.accounts)
    parts.append(_profiles(comparison))
    parts.extend(Text(line) for line in party_lines(comparison))
    for account in comparison.accounts:
        parts.append(_only(account, comparison.only[account.letter]))
    differing = [point for point in comparison.shared if point.stance_differs]
    n = len(comparison.shared)
    heading = f"{n} shared points, {len(differing)} of them with another stance"
    parts.append(Text(f"\n{heading}", style="bold"))
    if differing:
        parts.append(_points(comparison, differing[:SHOWN_POINTS]))
    parts.append(Text(comparison.guardrail, style="dim italic"))
    return Group(*parts)


def _profiles(comparison: Comparison) -> Table:
    table = Table(header_style="dim", pad_edge=False)
    table.add_column("account")
    table.add_column("n", justify="right")
    for stance in STANCES:
        table.add_column(stance, justify="right", style=STYLES[stance])
    table.add_column("index", justify="right")
    table.add_column("95 % interval", justify="right")
    for account in comparison.accounts:
        for profile in rows_of(account):
            whole = profile is account.profile
            name = account.letter if whole else f"   {profile.party}"
            shares = (f"{share.share:.0%}" for share in profile.shares.values())
            cells = (str(len(profile.sentences)), *shares, *index_and_interval(profile.index))
            table.add_row(Text(name, style="bold" if whole else ""), *cells)
    return table


def _only(account: Account, topics: tuple[Topic, ...]) -> RenderableType:
    heading = Text(f"\nIn {account.letter} only", style="bold")
    if not topics:
        return Group(heading, Text("nothing that the others do not mention", style="dim"))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for topic in topics[:SHOWN_TOPICS]:
        text = " ".join(account.predictions[number].text for number in topic.sentences)
        table.add_row(Text(topic.stance, style=STYLES[topic.stance]), Text(text))
    rest = len(topics) - SHOWN_TOPICS
    notes = [Text(f"and {rest} of less weight", style="dim")] if rest > 0 else []
    return Group(heading, table, *notes)


def _points(comparison: Comparison, points: list[SharedPoint]) -> Table:
    table = Table(header_style="dim", pad_edge=False, show_lines=True)
    for name in ("one account", "another"):
        table.add_column(name, overflow="fold", ratio=1)
    for point in points:
        table.add_row(*(_told(*side) for side in sides(comparison, point)))
    return table


def _told(letter: str, prediction: Prediction) -> Text:
    style = STYLES[prediction.stance] if prediction.stance else "dim italic"
    return Text.assemble(
        f"{letter} ", (prediction.stance or ABSTAINED, style), f"  {prediction.text}"
    )


def party_lines(comparison: Comparison) -> list[str]:
    """One line per party that differs clearly between two accounts."""
    return [
        f"{difference.party} in {difference.second} against {difference.first}: "
        f"{difference.value.value:+.2f}, 95 % interval {difference.value.low:+.2f} to "
        f"{difference.value.high:+.2f}"
        for difference in comparison.party_differences
        if difference.clear
    ]


def sides(
    comparison: Comparison, point: SharedPoint
) -> tuple[tuple[str, Prediction], tuple[str, Prediction]]:
    """The two sentences of a shared point, each with the letter of its account."""
    first, second = comparison.account(point.first), comparison.account(point.second)
    return (
        (first.letter, first.predictions[point.first_sentence]),
        (second.letter, second.predictions[point.second_sentence]),
    )


def rows_of(account: Account) -> Iterator[Profile]:
    """The profile of the whole account, then those of its parties if there are several."""
    yield account.profile
    if len(account.parties) > 1:
        yield from account.parties


def index_and_interval(index: Estimate | None) -> tuple[str, str]:
    """The stance index and its interval as two cells."""
    if index is None:
        return "none", ""
    return f"{index.value:+.2f}", f"{index.low:+.2f} to {index.high:+.2f}"


def render_markdown(comparison: Comparison) -> str:
    """A summary in Markdown."""
    return "\n".join(_markdown_lines(comparison)) + "\n"


def _markdown_lines(comparison: Comparison) -> Iterator[str]:
    yield f"# {comparison.verdict}"
    yield ""
    for warning in comparison.warnings:
        yield f"> {markdown_text(warning)}"
        yield ""
    yield "| account, party | sentences | " + " | ".join(STANCES) + " | index | 95 % interval |"
    yield "|---|---|" + "---|" * (len(STANCES) + 2)
    for account in comparison.accounts:
        for profile in rows_of(account):
            whole = profile is account.profile
            name = f"**{account.letter}** {account.name}" if whole else f"– {profile.party}"
            shares = [f"{share.share:.0%}" for share in profile.shares.values()]
            cells = [str(len(profile.sentences)), *shares, *index_and_interval(profile.index)]
            yield f"| {markdown_text(name, keep='*')} | " + " | ".join(cells) + " |"
    for line in party_lines(comparison):
        yield ""
        yield markdown_text(line)
    for account in comparison.accounts:
        yield ""
        yield f"## In {account.letter} only"
        yield ""
        for topic in comparison.only[account.letter]:
            text = " ".join(account.predictions[number].text for number in topic.sentences)
            yield f"- **{topic.stance}**: {markdown_text(text)}"
    yield ""
    yield "## Shared points with another stance"
    yield ""
    for point in comparison.shared:
        if point.stance_differs:
            told = (
                f"{letter} **{prediction.stance or ABSTAINED}**: {markdown_text(prediction.text)}"
                for letter, prediction in sides(comparison, point)
            )
            yield "- " + " / ".join(told)
    yield ""
    yield f"*{comparison.guardrail}*"
