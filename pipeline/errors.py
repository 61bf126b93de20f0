"""The errors that a user can cause, each saying where, what was found and what to do."""


class PipelineError(Exception):
    """Something outside the program is wrong; the command line prints it and returns 2.

    Anything else that escapes is a defect of the program and keeps its traceback.
    """


class DocumentError(PipelineError):
    """A document cannot be read: empty, binary, encrypted, truncated, too large."""


class DataError(PipelineError):
    """Records, annotations or splits are malformed or contradict each other."""


class SettingsError(PipelineError):
    """A settings file is missing, does not parse or holds an unknown or invalid value."""


class ModelError(PipelineError):
    """A trained model is missing, incomplete, altered or of another kind."""
