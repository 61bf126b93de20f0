"""Settings files: read once, checked, frozen."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import SettingsError
from pipeline.storage import explain_validation


class Settings(BaseModel):
    """Frozen settings without defaults: the YAML file states every value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(path: Path, settings_type: type[AnySettings]) -> AnySettings:
    """Read a YAML 1.2 file as settings of one type.

    Raises:
        SettingsError: the file is missing, does not parse, or holds an unknown, missing or
            invalid value; every problem is named with its key.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    try:
        return settings_type.model_validate(values)
    except ValidationError as error:
        known = ", ".join(settings_type.model_fields)
        raise SettingsError(f"{path}: {explain_validation(error)}. Known keys: {known}") from error
