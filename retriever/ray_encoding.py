"""Encoding a large catalogue's pictures on a Ray cluster, into the feature cache of this machine.

Ray Data streams: one task on this machine reads the catalogue and sends the bytes of the pictures that the
cache lacks; actors, each with the encoder loaded once, decode and encode them wherever the cluster has room;
this process writes the features to the cache as they come. Of the catalogue only the keys of its pictures are held
in memory, and pictures on their way; machines may join and leave, and Ray does again what a lost one
had not finished. Killed at any moment, the next run goes on with what the cache does not have. The indexing
that follows finds every picture in the cache.

The machines need shoplens with the extra ``ray``, in the same version, and an encoder that is a path must be
at that path on each of them. They need neither the catalogue nor the cache.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.encoder.runtime import Runtime
from retriever.encoding import ROWS_AT_ONCE, check_cache, encode_usable
from retriever.errors import EncoderError, PictureError
from retriever.features import FeatureCache
from retriever.picture import Picture
from retriever.ray_cluster import connected

ACTOR_CPUS = 4
"""CPUs of one encoder where there is no GPU: one copy of the weights in memory for so many."""

_BLOCK_ROWS = 64
_BLOCK_BYTES = 8_000_000
"""What is sent at a time: the encoder's own batch, or less where pictures are large."""

_Batch = dict[str, NDArray[Any]]

RayProgress = Callable[[int, int], None]
"""Called with (rows of the catalogue that were dealt with, rows in all)."""


@dataclass(frozen=True, slots=True)
class RayReport:
    """``encoded`` pictures by a cluster of so many machines, CPUs and GPUs.

    ``failed`` pictures could not be decoded; the indexing that follows says which.
    """

    encoded: int
    failed: int
    nodes: int
    cpus: int
    gpus: int


def encode_on_ray(
    catalogue: Catalogue,
    encoder: Encoder,
    cache: FeatureCache,
    address: str,
    *,
    runtime: Runtime = "auto",
    on_progress: RayProgress | None = None,
) -> RayReport:
    """Encode on the cluster at ``address`` what the cache lacks of the catalogue's pictures.

    ``address`` is ``local``, ``auto`` (the cluster that this machine has joined) or ``host:port`` of its head;
    this machine must be part of it, as the pictures are read here. Where the cluster has GPUs they encode,
    else CPUs do, by ``runtime``. Raises `ClusterError` when the cluster cannot be reached or gives up,
    `SettingsError` when Ray is not installed or this machine is not of the cluster, `FeatureCacheError` when the
    cache is of another backbone or cannot be written, and what reading the catalogue raises.
    """
    check_cache(cache, encoder)
    with connected(address) as ray:
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        cpus = sum(int(node.get("CPU", 0)) for node in nodes)
        gpus = sum(int(node.get("GPU", 0)) for node in nodes)
        encoded = failed = reached = 0
        for batch in _encoded(catalogue, encoder, cache, nodes, runtime):
            done = batch["error"] == ""
            cache.put([str(key) for key in batch["key"][done]], batch["feature"][done])
            encoded += int(done.sum())
            failed += int((~done).sum())
            # Batches come back in about the order in which they were sent.
            reached = max(reached, int(batch["read"].max()))
            if on_progress is not None:
                on_progress(reached, catalogue.rows)
    return RayReport(encoded, failed, len(nodes), cpus, gpus)


class PictureEncoder:
    """What an actor holds: the encoder. Ray Data calls it with batches."""

    def __init__(self, spec: str, fingerprint: str, batch_size: int, runtime: Runtime) -> None:
        """Raises `EncoderError` when it cannot be loaded here or is another one than the caller's."""
        self._encoder = Encoder.load(
            spec, batch_size=batch_size, runtime=runtime, exports=_exports()
        )
        if self._encoder.fingerprint != fingerprint:
            raise EncoderError(
                f"encoder {spec} is {self._encoder.fingerprint} on {os.uname().nodename}, but "
                f"{fingerprint} where the indexing runs; put the same weights on every machine"
            )

    def __call__(self, batch: _Batch) -> _Batch:
        """Columns ``data`` and ``aspect`` become ``feature`` [n, dim] and ``error`` (empty, or why not)."""
        pictures = {
            str(key): Picture(data, aspect=tuple(aspect.tolist()) if aspect.all() else None)
            for key, data, aspect in zip(batch["key"], batch["data"], batch["aspect"], strict=True)
        }
        failed: dict[str, PictureError] = {}
        usable, encoded = encode_usable(self._encoder, pictures, failed)
        rows = dict(zip(usable, encoded, strict=True))
        nothing = np.zeros(self._encoder.dim, np.float32)
        keys = [str(key) for key in batch["key"]]
        return {
            "key": batch["key"],
            "read": batch["read"],
            "feature": np.stack([rows.get(key, nothing) for key in keys]),
            "error": np.array([str(failed.get(key, "")) for key in keys]),
        }


def _encoded(
    catalogue: Catalogue,
    encoder: Encoder,
    cache: FeatureCache,
    nodes: list[dict[str, float]],
    runtime: Runtime,
) -> Iterator[_Batch]:
    """Batches of what the actors made, as they come."""
    import ray
    from ray.data import ActorPoolStrategy, Datasource, ReadTask, read_datasource
    from ray.data.block import BlockMetadata

    folder, fingerprint, dim = cache.folder.parents[1].absolute(), cache.fingerprint, cache.dim
    working_folder = Path.cwd()

    def read() -> Iterator[pa.Table]:
        os.chdir(working_folder)  # for a catalogue whose path is relative
        return unencoded(catalogue, FeatureCache(folder, fingerprint, dim))

    class Pictures(Datasource):
        """The catalogue as Ray Data wants it: a single task, which streams."""

        def get_read_tasks(self, *_: object, **__: object) -> list[ReadTask]:
            return [ReadTask(read, BlockMetadata(None, None, None, None))]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    if gpus := sum(int(node.get("GPU", 0)) for node in nodes):
        actors, needs = gpus, {"num_gpus": 1.0}
    else:
        cpus = [int(node.get("CPU", 0)) for node in nodes]
        # Smaller machines than that go without, unless there are no others.
        each = max(1, min(ACTOR_CPUS, max(cpus)))
        actors, needs = sum(count // each for count in cpus), {"num_cpus": each}
    pictures = Pictures()  # type: ignore[no-untyped-call]
    dataset = read_datasource(pictures, num_cpus=0, label_selector=here).map_batches(
        PictureEncoder,
        fn_constructor_args=(encoder.spec, encoder.fingerprint, encoder.batch_size, runtime),
        batch_size=_BLOCK_ROWS,
        batch_format="numpy",
        compute=ActorPoolStrategy(min_size=1, initial_size=max(1, actors), max_size=None),
        **needs,
    )
    yield from dataset.iter_batches(batch_size=ROWS_AT_ONCE, batch_format="numpy")


def unencoded(catalogue: Catalogue, cache: FeatureCache) -> Iterator[pa.Table]:
    """Tables of pictures that the cache lacks, each once: key, bytes, aspect (0 0: none), rows read so far."""
    seen: set[str] = set()
    rows: list[tuple[str, bytes, list[int], int]] = []
    size = 0
    for row in catalogue.rows_with_products(check_pictures=False):
        picture = row.product.picture
        try:
            if picture is None or picture.key in seen or picture.key in cache:
                continue
            data = picture.read()
        except PictureError:
            continue  # the indexing that follows sets it aside, with the reason
        seen.add(picture.key)
        rows.append((picture.key, data, list(picture.aspect or (0, 0)), catalogue.report.read))
        size += len(data)
        if len(rows) == _BLOCK_ROWS or size >= _BLOCK_BYTES:
            yield _table(rows)
            rows, size = [], 0
    if rows:
        yield _table(rows)


def _table(rows: list[tuple[str, bytes, list[int], int]]) -> pa.Table:
    keys, data, aspects, read = zip(*rows, strict=True)
    columns = [
        pa.array(keys, pa.string()),
        pa.array(data, pa.binary()),
        pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(aspects), pa.int32()), 2),
        pa.array(read, pa.int64()),
    ]
    return pa.Table.from_arrays(columns, names=["key", "data", "aspect", "read"])


def _exports() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "shoplens" / "exports"
