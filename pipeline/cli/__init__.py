"""The command line; the only package that prints."""

import sys
from collections.abc import Callable

import typer

from pipeline.cli import predicting, stages
from pipeline.cli.console import errors
from pipeline.errors import PipelineError

EXIT_BAD_INPUT = 2

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Label every sentence of a diplomatic text by stance.",
)
app.add_typer(stages.app)
app.add_typer(predicting.app)


def run(application: Callable[[], None]) -> None:
    """Run an application; bad input is told on standard error and ends with exit code 2."""
    try:
        application()
    except PipelineError as error:
        errors.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(EXIT_BAD_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def main() -> None:
    """The command `readout`."""
    run(app)


def predict_main() -> None:
    """The command `predict`, the same as `readout predict`."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(predicting.predict)
    run(alone)
