"""The documents that a command is given."""

from typing import TYPE_CHECKING

from pipeline.cli.predicting import Failures, together
from pipeline.errors import DataError, DocumentError

if TYPE_CHECKING:
    from pipeline.documents import Metadata
    from pipeline.records import Document


def read_inputs(names: list[str], metadata: "Metadata | None" = None) -> "list[Document]":
    """The documents of files, folders and patterns, in the order of the names.

    Raises:
        DocumentError: some cannot be read; all of them are named.
    """
    from pipeline.documents import read_documents
    from pipeline.predict import find_files

    failures: Failures = []
    documents = []
    for name in names:
        for path in find_files([name], failures.append):
            try:
                documents += read_documents(path, metadata)
            except (DataError, DocumentError) as error:
                failures.append(error)
    if failures:
        raise together(failures)
    return documents
