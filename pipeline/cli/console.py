"""The two consoles, and how errors and warnings are told on them."""

from rich.console import Console

# A path or a sentence may hold what rich takes for markup.
output = Console(markup=False, emoji=False)
errors = Console(stderr=True, markup=False, emoji=False)


def warn(message: str) -> None:
    """Print a warning on standard error."""
    errors.print(
        f"warning: {message}", style="yellow", highlight=False, markup=False, soft_wrap=True
    )
