"""The command line; the only package that prints."""

import os
import sys
from collections.abc import Callable

import typer

from pipeline.cli import (
    annotating,
    annotations,
    comparing,
    predicting,
    running,
    serving,
    stages,
)
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
app.add_typer(comparing.app)
app.add_typer(running.app)
app.add_typer(annotating.app)
app.add_typer(annotations.app, name="annotations")
app.add_typer(serving.app)


def run(application: Callable[[], None]) -> None:
    """Run an application; bad input is told on standard error and ends with exit code 2."""
    try:
        try:
            application()
        finally:
            sys.stdout.flush()
    except PipelineError as error:
        _tell(str(error))
        sys.exit(EXIT_BAD_INPUT)
    except BrokenPipeError:
        _abandon_output()
        sys.exit(0)
    except OSError as error:
        from pipeline.storage import is_full_disk

        if not is_full_disk(error):
            raise
        _abandon_output()
        _tell(f"the output cannot be written: {error.strerror}; free space, then run it again")
        sys.exit(EXIT_BAD_INPUT)


def _tell(message: str) -> None:
    errors.print(f"error: {message}", style="red", highlight=False, markup=False, soft_wrap=True)


def _abandon_output() -> None:
    """Drop what waits to be written, which the interpreter would try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """The command `readout`."""
    run(app)


def predict_main() -> None:
    """The command `predict`, the same as `readout predict`."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(predicting.predict)
    run(alone)
