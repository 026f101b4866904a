"""What is compared: an engine with settings, by a name that its folder bears too."""

from dataclasses import dataclass

from retriever.index import Engine, IndexSettings

NEVER_GRAPH = 100_000_000


@dataclass(frozen=True, slots=True)
class Variant:
    engine: Engine
    settings: IndexSettings


VARIANTS = {
    "edge-exact": Variant("edge", IndexSettings(exact_below=NEVER_GRAPH)),
    "edge": Variant("edge", IndexSettings()),
    "edge-int8": Variant("edge", IndexSettings("int8")),
    "edge-binary": Variant("edge", IndexSettings("binary")),
    "faiss-exact": Variant("faiss", IndexSettings(exact_below=NEVER_GRAPH)),
    "faiss": Variant("faiss", IndexSettings()),
    "milvus-lite-exact": Variant("milvus", IndexSettings(exact_below=NEVER_GRAPH)),
    "milvus-lite": Variant("milvus", IndexSettings()),
}
