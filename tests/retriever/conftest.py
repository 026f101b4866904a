"""A small shop whose index is adapted again and again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from retriever.adapter import Adapter, AdapterConfig, Provenance, save_adapter
from retriever.catalogue import Catalogue
from retriever.encoder import Encoder
from retriever.features import FeatureCache
from retriever.index import EdgeIndex, IndexSettings, ProductIndex
from retriever.index.faiss import FaissIndex
from retriever.indexing import IndexingReport, index_catalogue
from retriever.picture import Picture
from retriever.readapting import ReadaptingReport, readapt

COUNT = 10


class AdaptedShop:
    """A folder of pictures, its index and its feature cache."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        self.root = folder
        self.adapters = folder / "adapters"
        self.folder = folder / "pictures"
        self.folder.mkdir()
        for number in range(COUNT):
            noise = np.random.default_rng(number).integers(0, 256, (3, 2, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((40, 60)).save(self.folder / f"p{number}.png")
        self.index: ProductIndex = EdgeIndex(folder / "index")
        self.cache = FeatureCache(folder / "features", encoder.fingerprint, encoder.dim)

    def run(self, adapter: Adapter | None, settings: IndexSettings | None = None) -> IndexingReport:
        return index_catalogue(
            Catalogue.open(self.folder),
            self.encoder,
            self.index,
            cache=self.cache,
            adapter=adapter,
            settings=settings,
        )

    def readapt(self, adapter: Adapter, **options: Any) -> ReadaptingReport:
        return readapt(self.index, self.encoder, adapter, cache=self.cache, batch_size=4, **options)

    def pending(self) -> dict[str, bool]:
        """Every version, and whether it is still to have a graph."""
        return {info.version: info.graph_pending for info in self.index.versions()}

    def instead_of_serving(
        self, version: str, action: Callable[[Callable[[], bool]], bool], patch: pytest.MonkeyPatch
    ) -> None:
        """Let the action decide what happens when that version is to come into service in place of another."""
        serve = self.index.activate_instead

        def serving(wanted: str, source: str, revision: int) -> bool:
            if wanted != version:
                return serve(wanted, source, revision)
            return action(lambda: serve(wanted, source, revision))

        patch.setattr(self.index, "activate_instead", serving)

    def save(self, adapter: Adapter) -> Adapter:
        """Keep an adapter under its name."""
        card = Provenance(self.encoder.fingerprint)
        save_adapter(adapter, self.adapters / adapter.spec, card, "# card\n")
        return adapter

    def picture(self, number: int) -> Picture:
        return Picture(self.folder / f"p{number}.png")

    def features(self) -> np.ndarray:
        return self.cache.get([self.picture(number).key for number in range(COUNT)])


def _moved(encoder: Encoder, seed: int = 0) -> Adapter:
    """A residual adapter that changes every embedding, and text otherwise than pictures."""
    adapter = Adapter(AdapterConfig(kind="residual", dim=encoder.dim, bottleneck=8, alpha=0.8))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    adapter.spec = f"moved{seed}"
    return adapter.eval()


@pytest.fixture
def adapted_shop(tmp_path: Path, tiny_encoder: Encoder) -> AdaptedShop:
    return AdaptedShop(tmp_path, tiny_encoder)


@pytest.fixture(params=[EdgeIndex, FaissIndex])
def graph_shop(request: pytest.FixtureRequest, adapted_shop: AdaptedShop) -> AdaptedShop:
    """Its ten products are indexed, and enough for a graph."""
    adapted_shop.index = request.param(adapted_shop.root / "graphs")
    adapted_shop.run(None, IndexSettings(exact_below=COUNT))
    return adapted_shop


@pytest.fixture
def moved(tiny_encoder: Encoder) -> Callable[[int], Adapter]:
    """Makes the adapter ``moved<seed>`` of that seed."""
    return lambda seed: _moved(tiny_encoder, seed)


@pytest.fixture
def adapter(moved: Callable[[int], Adapter]) -> Adapter:
    return moved(0)
