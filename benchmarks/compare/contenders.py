"""The ways of searching products that are compared, each as its own documentation has it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.compare.workload import Workload
from retriever.product import Price, Product

Vector = NDArray[np.float32]
_BATCH = 1000
_HNSW_LINKS = 32
_HNSW_BUILD = 128
_HNSW_SEARCH = 128


class Contender(ABC):
    """A way of searching: `build` writes its index once; another object of it, `open`ed, searches."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.limit = workload.sizes.limit
        self.folder = workload.folder / type(self).__name__.casefold()

    @abstractmethod
    def build(self) -> None: ...

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def encode(self, text: str) -> Vector:
        """The query's vector [dim]."""

    @abstractmethod
    def find(self, vector: Vector) -> list[str]:
        """Titles of the products nearest to a vector, read from what was stored beside them."""

    def ask(self, text: str) -> list[str]:
        """All of it: a query's words to titles of products."""
        return self.find(self.encode(text))

    @abstractmethod
    def encode_pictures(self, files: list[Path]) -> Vector:
        """Vectors [n, dim] of picture files, decoding included."""


class Shoplens(Contender):
    """shoplens as its README uses it: the embedded index and its LlamaIndex retriever."""

    runtime: Literal["auto", "int8"] = "auto"

    def build(self) -> None:
        from retriever.encoder import Encoder
        from retriever.fingerprint import fingerprint
        from retriever.index import EdgeIndex, IndexRecord, IndexSpec, RecordKeys
        from retriever.lexical import terms_of_product

        encoder = Encoder.load(str(self.workload.backbone), exports=self.folder / "exports")
        index = EdgeIndex(self.folder / "index")
        fields = {"colour": "keyword", "category": "keyword", "price": "number"}
        spec = IndexSpec(fingerprint(encoder.fingerprint), encoder.spec, encoder.dim, fields)  # type: ignore[arg-type]
        vectors = self.workload.vectors()
        records = self.workload.products()
        with index.create(spec) as version:
            for start in range(0, len(records), _BATCH):
                products = [_product(record) for record in records[start : start + _BATCH]]
                version.upsert(
                    [
                        IndexRecord(product, row, terms_of_product(product), RecordKeys("0", "1"))
                        for product, row in zip(products, vectors[start:], strict=False)
                    ]
                )
            version.finish()
        index.activate(index.versions()[-1].version)

    def open(self) -> None:
        from retriever.encoder import Encoder
        from retriever.index import EdgeIndex
        from retriever.retriever import ProductRetriever

        self.encoder = Encoder.load(
            str(self.workload.backbone), exports=self.folder / "exports", runtime=self.runtime
        )
        version = EdgeIndex(self.folder / "index").open()
        self.retriever = ProductRetriever(version=version, encoder=self.encoder, top_k=self.limit)

    def encode(self, text: str) -> Vector:
        row: Vector = self.encoder.encode_texts([text])[0]
        return row

    def find(self, vector: Vector) -> list[str]:
        from llama_index.core.schema import QueryBundle

        bundle = QueryBundle(query_str="", embedding=vector.tolist())
        return [node.metadata["title"] for node in self.retriever.retrieve(bundle)]

    def ask(self, text: str) -> list[str]:
        return [node.metadata["title"] for node in self.retriever.retrieve(text)]

    def encode_pictures(self, files: list[Path]) -> Vector:
        """As indexing does: decoded beside the encoder, and kept in a feature cache."""
        from retriever.encoding import encode_missing
        from retriever.features import FeatureCache
        from retriever.picture import Picture

        pictures = [Picture(file) for file in files]
        with TemporaryDirectory() as folder:
            cache = FeatureCache(Path(folder), self.encoder.fingerprint, self.encoder.dim)
            encode_missing(self.encoder, cache, pictures)
            return cache.get([picture.key for picture in pictures])


class ShoplensInt8(Shoplens):
    """A copy of its index, as one is open in one process, with ``--runtime int8`` for the pictures."""

    runtime = "int8"

    def build(self) -> None:
        copytree(self.workload.folder / "shoplens", self.folder)


class OpenClip(Contender):
    """open_clip in fp32 as its README loads and runs it; the other stock ways search in their own way."""

    def open(self) -> None:
        import open_clip

        name = f"local-dir:{self.workload.backbone}"
        self.model: Any
        self.model, self.preprocess = open_clip.create_model_from_pretrained(name)
        self.model.eval()
        self.tokenizer = open_clip.get_tokenizer(name)

    def encode(self, text: str) -> Vector:
        import torch

        with torch.no_grad():
            features = self.model.encode_text(self.tokenizer([text]), normalize=True)
        row: Vector = features[0].numpy()
        return row

    def encode_pictures(self, files: list[Path]) -> Vector:
        import torch

        rows = []
        with torch.no_grad():
            for start in range(0, len(files), 32):
                prepared = [self.preprocess(Image.open(file)) for file in files[start : start + 32]]
                rows.append(self.model.encode_image(torch.stack(prepared), normalize=True).numpy())
        return np.concatenate(rows)


class Stock(OpenClip):
    """LlamaIndex's Qdrant vector store over qdrant-client's local mode, and open_clip's own encode_text."""

    def build(self) -> None:
        from llama_index.core.schema import TextNode

        store = self._store()
        vectors = self.workload.vectors()
        store.add(
            [
                TextNode(
                    id_=f"{row:032x}",
                    text=record["title"],
                    metadata=record,
                    embedding=vector.tolist(),
                )
                for row, (record, vector) in enumerate(
                    zip(self.workload.products(), vectors, strict=True)
                )
            ]
        )
        store.client.close()

    def open(self) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.embeddings import MockEmbedding

        super().open()
        encode: Callable[[str], Vector] = self.encode

        class OpenClipEmbedding(
            MockEmbedding
        ):  # all but the query's embedding is of no account here
            def _get_query_embedding(self, query: str) -> list[float]:
                return encode(query).tolist()  # type: ignore[no-any-return]

        self.index = VectorStoreIndex.from_vector_store(
            self._store(), embed_model=OpenClipEmbedding(embed_dim=self.workload.vectors().shape[1])
        )
        self.retriever = self.index.as_retriever(similarity_top_k=self.limit)

    def find(self, vector: Vector) -> list[str]:
        from llama_index.core.schema import QueryBundle

        bundle = QueryBundle(query_str="", embedding=vector.tolist())
        return [node.metadata["title"] for node in self.retriever.retrieve(bundle)]

    def ask(self, text: str) -> list[str]:
        return [node.metadata["title"] for node in self.retriever.retrieve(text)]

    def _store(self) -> Any:
        import warnings

        from llama_index.vector_stores.qdrant import QdrantVectorStore
        from qdrant_client import QdrantClient

        # It advises against local mode from 20,000 points on.
        warnings.filterwarnings("ignore", category=UserWarning)
        return QdrantVectorStore(
            client=QdrantClient(path=str(self.folder)), collection_name="products"
        )


class SentenceTransformers(Contender):
    """sentence-transformers' CLIP loader, and FAISS's flat index with a list of products beside it."""

    def build(self) -> None:
        import faiss

        self.folder.mkdir()
        vectors = np.array(self.workload.vectors())
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(self.folder / "flat.faiss"))

    def open(self) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self.model = SentenceTransformer(str(self.workload.hugging_face), device="cpu")
        self.index: Any = faiss.read_index(str(self.folder / "flat.faiss"))
        self.products = self.workload.products()

    def encode(self, text: str) -> Vector:
        row: Vector = np.asarray(self.model.encode([text], normalize_embeddings=True)[0])
        return row

    def find(self, vector: Vector) -> list[str]:
        _, rows = self.index.search(vector[None], self.limit)
        return [self.products[row]["title"] for row in rows[0]]

    def encode_pictures(self, files: list[Path]) -> Vector:
        pictures: Any = [Image.open(file) for file in files]
        return np.asarray(self.model.encode(pictures, normalize_embeddings=True))


class Hnsw(Contender):
    """The floor of searching: FAISS's graph alone, without payloads; shoplens' own encoder before it."""

    def build(self) -> None:
        import faiss

        self.folder.mkdir()
        vectors = np.array(self.workload.vectors())
        index: Any = faiss.IndexHNSWFlat(vectors.shape[1], _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _HNSW_BUILD
        index.hnsw.efSearch = _HNSW_SEARCH  # kept in the file
        index.add(vectors)
        faiss.write_index(index, str(self.folder / "hnsw.faiss"))

    def open(self) -> None:
        import faiss

        from retriever.encoder import Encoder

        exports = self.workload.folder / "shoplens" / "exports"
        self.encoder = Encoder.load(str(self.workload.backbone), exports=exports)
        self.index: Any = faiss.read_index(str(self.folder / "hnsw.faiss"))
        self.prepared: list[Any] = []

    def encode(self, text: str) -> Vector:
        row: Vector = self.encoder.encode_texts([text])[0]
        return row

    def find(self, vector: Vector) -> list[str]:
        _, rows = self.index.search(vector[None], self.limit)
        return [f"row {row}" for row in rows[0]]

    def encode_pictures(self, files: list[Path]) -> Vector:
        """The encoder alone: pictures that were decoded and shrunk before."""
        for file in files[len(self.prepared) :]:
            with Image.open(file) as picture:
                self.prepared.append(self.encoder.prepare(picture))
        return self.encoder.encode_prepared(self.prepared[: len(files)])


CONTENDERS: dict[str, type[Contender]] = {
    "shoplens": Shoplens,
    "shoplens, int8": ShoplensInt8,
    "stock": Stock,
    "sentence-transformers": SentenceTransformers,
    "floor": Hnsw,
}


def _product(record: dict[str, Any]) -> Product:
    return Product(
        id=record["id"],
        title=record["title"],
        category=record["category"],
        price=Price(amount=record["price"], currency="EUR"),
        attributes={"colour": record["colour"]},
    )
