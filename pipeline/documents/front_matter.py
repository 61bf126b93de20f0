"""YAML front matter of curated documents."""

import re

from pydantic import ValidationError

from pipeline.documents.metadata import FIELDS, CuratedFields
from pipeline.errors import DocumentError
from pipeline.storage import MAX_REPORTED_ROWS, explain_validation

MAX_CHARACTERS = 20_000
"""No front matter is longer; parsing a megabyte of it would take minutes."""
_OPENING = re.compile(r"---[ \t]*\n(?=\S)([\w-]+(?=\s*:))?")
_CLOSING = re.compile(r"^---[ \t]*$", re.MULTILINE)
_UNKNOWN_VALUES = ("", "~", "null")


def split_front_matter(text: str, name: str) -> tuple[CuratedFields | None, str]:
    """The fields above the text (None where there are none), and the text.

    A text that opens with a rule (`---`) and goes on with prose has no front matter.

    Raises:
        DocumentError: the front matter does not end, does not parse, or holds an unknown field
            or a bad value.
    """
    body = text.lstrip()
    first_line = text[: len(text) - len(body)].count("\n") + 1
    opening = _OPENING.match(body)
    if not opening:
        return None, text
    closing = _CLOSING.search(body, 4)
    if not closing or closing.start() > MAX_CHARACTERS:
        if opening[1] not in FIELDS:
            return None, text
        raise DocumentError(
            f"{name}:{first_line}: front matter has no closing line `---` within "
            f"{MAX_CHARACTERS:,} characters; add it below the fields"
        )
    import frontmatter
    from frontmatter.default_handlers import BaseHandler

    class Handler(BaseHandler):
        """Splits at `---` and parses as YAML 1.2, where `no` is a word."""

        FM_BOUNDARY = _CLOSING

        def load(self, fm: str) -> dict[str, object]:
            return _checked(_parse(fm, name, first_line), fm, name, first_line)

    fields, content = frontmatter.parse(body, handler=Handler())
    return CuratedFields.model_validate(fields), content


def _parse(yaml: str, name: str, first_line: int) -> dict[object, object]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        # The base loader is the safe one without types: every value stays the text it is.
        fields = YAML(typ="base", pure=True).load(yaml)
    except (YAMLError, ValueError, RecursionError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = first_line + (mark.line if mark else 0)
        problem = " ".join((getattr(error, "problem", None) or str(error)).split())
        raise DocumentError(
            f"{name}:{line}: front matter is not valid YAML ({problem}); write `field: value` "
            "lines and quote values that hold a colon"
        ) from error
    if not isinstance(fields, dict):
        raise DocumentError(
            f"{name}:{first_line}: front matter holds no `field: value` lines; known fields are "
            + ", ".join(FIELDS)
        )
    return fields


def _checked(
    fields: dict[object, object], yaml: str, name: str, first_line: int
) -> dict[str, object]:
    """The fields that hold a value, if all are known and valid."""

    def place(field: object) -> str:
        lines = yaml.split("\n")
        at = (n for n, line in enumerate(lines) if line.strip("\"' ").startswith(str(field)))
        return f"{name}:{first_line + next(at, 0)}"

    known = ", ".join(FIELDS)
    problems = [
        f"{place(field)}: front matter: unknown field {field!s}; known are {known}"
        for field in fields
        if field not in FIELDS
    ]
    problems += [
        f"{place(field)}: front matter: {field} is not a single value; write it on one line"
        for field, value in fields.items()
        if field in FIELDS and not isinstance(value, str)
    ]
    if problems:
        shown = problems[:MAX_REPORTED_ROWS]
        if len(problems) > len(shown):
            shown.append(f"... and {len(problems) - len(shown)} more")
        raise DocumentError("\n".join(shown))
    given = {str(key): value for key, value in fields.items() if value not in _UNKNOWN_VALUES}
    try:
        CuratedFields.model_validate(given)
    except ValidationError as error:
        at = place(error.errors()[0]["loc"][0])
        raise DocumentError(
            f"{at}: front matter: {explain_validation(error)}; correct the value or leave it out"
        ) from error
    return given
