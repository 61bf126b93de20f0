"""Read one hostile input within bounds; imported by the process that does."""

import resource
from multiprocessing.connection import Connection

from hostile import INPUTS
from pipeline.documents import read_bytes
from pipeline.errors import PipelineError
from pipeline.sentences import split_sentences

MAX_MEGABYTES = 2000
"""Address space of the process that reads; what it holds before it reads is in it."""
MAX_SECONDS = 90
"""Of processor time."""


def outcome_of(name: str, connection: Connection) -> None:
    """Read the input within bounds and send what came of it; runs in a process of its own."""
    hostile = next(one for one in INPUTS if one.name == name)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + MAX_SECONDS
    content = hostile.content()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEGABYTES * 2**20,) * 2)
    try:
        documents = read_bytes(content, hostile.file)
    except PipelineError as error:
        connection.send((str(error), []))
        return
    for document in documents:
        assert_covered(document.text)
        document.model_dump_json()
    connection.send(("", [document.text for document in documents]))


def assert_covered(text: str) -> None:
    """The sentences cover all but white space, in order."""
    end = 0
    for sentence in split_sentences(text):
        assert not text[end : sentence.start].strip()
        assert end <= sentence.start < sentence.end
        end = sentence.end
    assert not text[end:].strip()
