"""Vectors, queries and their exact neighbours, as they lie in a folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

K = 10


@dataclass(frozen=True, slots=True)
class Data:
    """``vectors`` [n, dim] and ``queries`` [q, dim], unit length; ``exact`` [q, 10] rows, best first."""

    vectors: Matrix
    queries: Matrix
    exact: NDArray[np.int64]

    @classmethod
    def load(cls, folder: Path) -> "Data":
        """Vectors stay on disk until they are touched."""
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        return cls(vectors, np.load(folder / "queries.npy"), np.load(folder / "exact.npy"))
