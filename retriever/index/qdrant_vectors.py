"""`IndexSettings` -> how a Qdrant server keeps the vectors of a collection."""

from qdrant_client import models

from retriever.index.base import IndexSpec
from retriever.index.settings import Quantisation


def vector_params(spec: IndexSpec) -> models.VectorParams:
    """Size, graph and quantisation of ``image``; quantised, the originals stay on disk."""
    settings = spec.settings
    return models.VectorParams(
        size=spec.dim,
        distance=models.Distance.COSINE,
        hnsw_config=models.HnswConfigDiff(
            m=settings.m,
            ef_construct=settings.ef_construct,
            full_scan_threshold=max(10, kilobytes(spec)),
        ),
        quantization_config=_quantisation(settings.quantisation),
        on_disk=settings.quantisation != "none",
    )


def kilobytes(spec: IndexSpec) -> int:
    """Size of the vectors from which a graph is built: Qdrant counts in kilobytes, not in products."""
    return max(1, spec.settings.exact_below * spec.dim * 4 // 1024)


def _quantisation(
    kind: Quantisation,
) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if kind == "int8":
        # The quantile is Qdrant's advice: the outermost 1% of the numbers are clipped.
        scalar = models.ScalarQuantizationConfig(
            type=models.ScalarType.INT8, quantile=0.99, always_ram=True
        )
        return models.ScalarQuantization(scalar=scalar)
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
