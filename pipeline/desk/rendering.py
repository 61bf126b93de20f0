"""The pages of the desk: those of the reports in a frame of their own, and the form."""

from functools import cache
from importlib.resources import files
from string import ascii_uppercase

from pipeline.compare.comparison import MAX_ACCOUNTS
from pipeline.compare.records import Comparison
from pipeline.desk.accounts import Asked
from pipeline.desk.engine import ModelInfo
from pipeline.desk.results import Download, Result
from pipeline.records import Kind
from pipeline.report.pages import (
    AlongWith,
    Values,
    comparison_values,
    document_values,
    page_environment,
    page_script,
    page_style,
)


class Pages:
    """Renders the pages of one desk."""

    def __init__(self, model: ModelInfo, kept_seconds: float, *, correcting: bool) -> None:
        kept_minutes = round(kept_seconds / 60)
        self._always: Values = {
            "model": model,
            "kept_minutes": kept_minutes,
            "correcting": correcting,
        }

    def form(self, accounts: list[Asked], problem: str = "") -> str:
        """The form with what was put into it, and what is wrong with it."""
        return self._render(
            "form.html",
            accounts=accounts,
            blank=Asked(),
            letters=ascii_uppercase[:MAX_ACCOUNTS],
            kinds=[kind.value for kind in Kind],
            problem=problem,
        )

    def result(self, result: Result, name: str, corrections: AlongWith) -> str:
        """A result as its report has it, with what can be done with it."""
        if isinstance(result, Comparison):
            template, values = "comparison.html", comparison_values(result, corrections)
        else:
            template, values = "documents.html", document_values(result, corrections)
        return self._render(template, result=name, downloads=list(Download), **values)

    def correction(self, **values: object) -> str:
        """The form in which a reader corrects one sentence."""
        return self._render("correction.html", **values)

    def problem(self, title: str, message: str) -> str:
        """A page that says what is wrong, with the way back."""
        return self._render("problem.html", heading=title, message=message)

    def _render(self, template: str, **values: object) -> str:
        environment = page_environment("pipeline.desk", "pipeline.report")
        frame: Values = {"layout": "desk.html", "result": None, **self._always}
        return environment.get_template(template).render(frame | values)


@cache
def static_file(name: str) -> tuple[str, str] | None:
    """The content and media type of a file below /static/; None where there is no such file."""
    match name:
        case "style.css":
            return page_style() + _own("desk.css"), "text/css"
        case "report.js":
            return page_script(), "text/javascript"
        case "desk.js":
            return _own("desk.js"), "text/javascript"
        case "icon.svg":
            return _own("icon.svg"), "image/svg+xml"
    return None


def _own(name: str) -> str:
    return (files("pipeline.desk") / "static" / name).read_text(encoding="utf-8")
