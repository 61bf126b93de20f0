"""Score parts on Ray: actors load the model once and commit their own shards."""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.bulk.parts import Part
from pipeline.bulk.shards import BulkOptions, PartResult, score_part
from pipeline.classifier import read_card
from pipeline.errors import PipelineError
from pipeline.predict import Predictor, load

try:
    import ray
except ModuleNotFoundError as error:
    raise PipelineError(
        "--engine ray: Ray is not installed; run `pip install readout-stance[ray]`"
    ) from error

CPUS_PER_ACTOR = 0.75
"""An actor keeps a core busy, but claims less of it: two actors that claim both cores of a machine
leave none for Ray's own tasks, and all would wait for ever."""

CONNECT_SECONDS = 5


class PartScorer:
    """An actor: the model, loaded once, and what it does to each part."""

    def __init__(self, model: str, options: str) -> None:
        self._predictor: Predictor = load(model)
        self._options = BulkOptions.model_validate_json(options)

    def __call__(self, row: dict[str, str]) -> dict[str, str]:
        """What came of a part; an error travels as its message, Ray would bury it."""
        try:
            result = score_part(
                self._predictor, Part.model_validate_json(row["part"]), self._options
            )
        except PipelineError as error:
            return {"result": "", "error": str(error)}
        return {"result": result.model_dump_json(), "error": ""}


@contextmanager
def ray_session(address: str | None) -> Iterator[None]:
    """Ray on this machine, or with an address the cluster that runs there.

    Raises:
        PipelineError: no cluster answers.
    """
    if address is not None:
        _knock(address)
    # One thread to an actor: there are as many actors as cores.
    variables = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    try:
        ray.init(
            address=address or "local",
            runtime_env={"env_vars": variables},
            logging_level=logging.ERROR,
            log_to_driver=False,
        )
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise _no_cluster(address, str(error).partition("\n")[0]) from error
    try:
        yield
    finally:
        ray.shutdown()


def score_on_ray(parts: Sequence[Part], model: Path, options: BulkOptions) -> Iterator[PartResult]:
    """What came of each part, as soon as it is done, within a `ray_session`.

    Only the parts' places and counts travel; the nodes of a cluster must see the same files.

    Raises:
        PipelineError: a part fails.
    """
    if not parts:
        return
    resources = ray.cluster_resources()
    n_gpus = int(resources.get("GPU", 0)) if read_card(model).kind == "encoder" else 0
    n_actors = n_gpus or max(1, int(resources.get("CPU", 1)))
    options = options.model_copy(update={"out": options.out.absolute()})
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    done = ray.data.from_items(
        [{"part": part.model_dump_json()} for part in parts],
        override_num_blocks=len(parts),
    ).map(
        PartScorer,
        fn_constructor_args=(str(model), options.model_dump_json()),
        compute=ray.data.ActorPoolStrategy(size=min(n_actors, len(parts))),
        num_cpus=CPUS_PER_ACTOR,
        num_gpus=1 if n_gpus else None,
    )
    for row in done.iter_rows():
        if row["error"]:
            raise PipelineError(row["error"])
        yield PartResult.model_validate_json(row["result"])


def _knock(address: str) -> None:
    """Ray itself tries for minutes; an address where nothing listens is told at once."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str | None, reason: str) -> PipelineError:
    return PipelineError(
        f"--address {address}: no Ray cluster answers there ({reason}); start one with "
        "`ray start --head`, or leave --address out"
    )
