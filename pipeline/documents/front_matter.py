"""YAML front matter of curated documents."""

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import DocumentError

FIELDS = ("id", "event", "kind", "issuer", "date", "title", "synthetic")
_FENCE = "---"


def split_front_matter(text: str, name: str) -> tuple[dict[str, object] | None, str]:
    """The fields above the text (None where there are none), and the text.

    Raises:
        DocumentError: the front matter does not end, does not parse or holds an unknown field.
    """
    lines = text.split("\n")
    if lines[0].strip() != _FENCE:
        return None, text
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == _FENCE)
    except StopIteration:
        if not any(line.split(":")[0] in FIELDS for line in lines[1:10]):
            return None, text
        raise DocumentError(
            f"{name}:1: front matter has no closing line `{_FENCE}`; add it below the fields"
        ) from None
    try:
        fields = YAML(typ="safe", pure=True).load("\n".join(lines[1:end]))
    except (YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise DocumentError(
            f"{name}:{line}: front matter is not valid YAML ({problem}); "
            "quote values that hold a colon"
        ) from error
    if not isinstance(fields, dict):
        raise DocumentError(f"{name}:2: front matter holds no `field: value` lines; see FIELDS")
    unknown = [str(key) for key in fields if key not in FIELDS]
    if unknown:
        raise DocumentError(
            f"{name}: front matter: unknown field {', '.join(unknown)}; known are "
            + ", ".join(FIELDS)
        )
    given = {key: value for key, value in fields.items() if value is not None}
    if "date" in given:
        given["date"] = str(given["date"])
    return given, "\n".join(lines[end + 1 :])
