"""Write the hostile inputs as the corpus that fuzzing starts from.

python tests/fuzz/corpus.py FOLDER
"""

import hashlib
import sys
from pathlib import Path

MAX_BYTES = 60_000
"""Larger inputs, and bombs, make fuzzing slow; the hostile tests read them."""
BY_NAME = {"txt": (0, 3, 11), "md": (1, 5), "jsonl": (2,), "html": (4,), "xhtml": (4,)} | {
    "pdf": (6,),
    "docx": (9,),
}
"""The places of the readers (`harness.READERS`) that a kind of file is given to."""


def write_corpus(folder: Path) -> int:
    """Write one file per input and reader; gives how many."""
    from hostile import INPUTS

    readers, splitter = folder / "readers", folder / "splitter"
    readers.mkdir(parents=True, exist_ok=True)
    splitter.mkdir(parents=True, exist_ok=True)
    n_files = 0
    for hostile in INPUTS:
        content = hostile.content()
        if hostile.is_bomb or len(content) > MAX_BYTES:
            continue
        name = hashlib.sha256(hostile.name.encode()).hexdigest()[:16]
        for place in BY_NAME.get(hostile.file.rpartition(".")[2], (3,)):
            (readers / f"{name}-{place}").write_bytes(bytes([place]) + content)
            n_files += 1
        (splitter / name).write_bytes(content)
    return n_files


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    print(write_corpus(Path(sys.argv[1])), "files")
