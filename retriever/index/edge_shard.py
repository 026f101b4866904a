"""A shard of Qdrant Edge: its configuration, its errors, its graph, and other embeddings for the points it has."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as edge

from retriever.errors import IndexLockedError, ProductIndexError, ShoplensError
from retriever.index.base import Embed, IndexSpec
from retriever.index.files import FileLock, locked_message
from retriever.index.payload import PRODUCT_ID, stored_keys
from retriever.index.request import in_batches
from retriever.index.settings import Quantisation

_PAGE = 2_000
_BATCH = 500
"""So few that the engine, which holds Python's interpreter lock meanwhile, lets others have it between them."""

_MOST_KILOBYTES = 2**40
_OPTIMISE = """
import sys
import qdrant_edge
shard = qdrant_edge.EdgeShard.load(sys.argv[1])
shard.optimize()
shard.flush()
shard.close()
"""


def embed_anew(shard_folder: Path, spec: IndexSpec, embed: Embed) -> None:
    """Replace the embedding of every point; payloads and terms stay as they are, without passing Python.

    The engine cannot change what is in a graph and moves the point out of it. The graph goes once it is
    empty, at the end, since its points would still count in inverse document frequencies.
    """
    with engine_errors(shard_folder.parent):
        shard = edge.EdgeShard.load(str(shard_folder), edge_config(spec, graph=False))
        try:
            _update(shard, embed)
            shard.optimize()
            shard.flush()
        finally:
            shard.close()
        # Loading it with another configuration is how a shard takes that.
        edge.EdgeShard.load(str(shard_folder), edge_config(spec)).close()


def _update(shard: edge.EdgeShard, embed: Embed) -> None:
    offset = None
    while True:
        page = edge.ScrollRequest(
            offset=offset, limit=_PAGE, with_payload=[PRODUCT_ID, "keys"], with_vector=False
        )
        records, offset = shard.scroll(page)
        if records:
            keys = [stored_keys(record.payload)[1].picture for record in records]
            points = [
                edge.PointVectors(record.id, {"image": vector})
                for record, vector in zip(records, embed(keys).tolist(), strict=True)
            ]
            for batch in in_batches(points, _BATCH):
                shard.update(edge.UpdateOperation.update_vectors(batch))
        if offset is None:
            return


def optimise(shard_folder: Path, lock: FileLock) -> None:
    """Build the graph of a shard that is closed, in a child process, as it takes from seconds to minutes.

    Raises `ProductIndexError`.
    """
    command = [sys.executable, "-P", "-c", _OPTIMISE, str(shard_folder)]
    # A fixed program and our own folder; nothing that a caller sent.
    # It keeps the lock: if this process is killed, it goes on writing to the shard.
    done = subprocess.run(  # noqa: S603
        command,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=lock.descriptors,
    )
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        raise ProductIndexError(
            f"the graph of {shard_folder.parent} could not be built ({reason}); every product is stored: "
            "free some memory and disk space, then run the indexing again"
        )


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """Qdrant Edge raises bare `Exception`; give it a name, the folder and what to do."""
    try:
        yield
    except ShoplensError:
        raise
    except Exception as error:
        if "Can't init WAL" in str(error):
            raise IndexLockedError(locked_message(folder, "another process")) from error
        raise ProductIndexError(
            f"the embedded index in {folder} failed: {error}; if it happens again, index the "
            "catalogue into a new version"
        ) from error


def edge_config(spec: IndexSpec, *, graph: bool = True) -> edge.EdgeConfig:
    """How a shard keeps its vectors; without ``graph`` optimising it builds none, and lets go of every old one."""
    settings = spec.settings
    kilobytes = max(1, settings.exact_below * spec.dim * 4 // 1024) if graph else _MOST_KILOBYTES
    quantised = settings.quantisation != "none"
    return edge.EdgeConfig(
        vectors={
            "image": edge.EdgeVectorParams(
                spec.dim,
                edge.Distance.Cosine,
                # Cold: read where a search touches them, not loaded ahead.
                memory=edge.Memory.Cold if quantised else edge.Memory.Cached,
                quantization_config=_quantisation(settings.quantisation),
            )
        },
        sparse_vectors={"text": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        hnsw_config=edge.HnswIndexConfig(
            m=settings.m,
            ef_construct=settings.ef_construct,
            full_scan_threshold=kilobytes,
            max_indexing_threads=0,
        ),
        optimizers=edge.EdgeOptimizersConfig(
            indexing_threshold=kilobytes, vacuum_min_vector_number=None if graph else 1
        ),
    )


def _quantisation(
    kind: Quantisation,
) -> "edge.ScalarQuantizationConfig | edge.BinaryQuantizationConfig | None":
    if kind == "int8":
        # The quantile is Qdrant's advice: the outermost 1% of the numbers are clipped.
        return edge.ScalarQuantizationConfig(
            edge.ScalarType.Int8, quantile=0.99, memory=edge.Memory.Pinned
        )
    return edge.BinaryQuantizationConfig(memory=edge.Memory.Pinned) if kind == "binary" else None
