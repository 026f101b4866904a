"""Retrieved products as nodes of LlamaIndex."""

from typing import Any

from llama_index.core.base.llms.types import BaseContentBlock, TextBlock
from llama_index.core.schema import ImageNode, MetadataMode, NodeWithScore

from retriever.product import NO_CURRENCY, Product
from retriever.retrieved import RetrievedProduct
from retriever.wording import product_text


class ProductNode(ImageNode):
    """An `ImageNode` of one product: its id is the product's, its text what an LLM should read.

    It carries no picture: an index stores none, and whoever shows products serves theirs by id. A
    multimodal prompt therefore gets the text, where `ImageNode` insists on a picture.
    """

    def get_content_blocks(
        self, metadata_mode: MetadataMode = MetadataMode.NONE
    ) -> list[BaseContentBlock]:
        return [TextBlock(text=self.get_content(metadata_mode))]


def to_node(retrieved: RetrievedProduct) -> NodeWithScore:
    """The node of a retrieved product.

    Metadata is flat: ``product_id``, ``title``, ``brand``, ``category``, ``price`` (the amount),
    ``currency``, where they are known, and every attribute under its own name; an attribute of
    one of these names gives way. The text already says all of it in words, so the metadata is left
    out of what an LLM or an embedding model reads. LlamaIndex takes image nodes with equal texts for
    duplicates; the id in the text keeps products apart that read the same.
    """
    metadata = _metadata(retrieved.product)
    node = ProductNode(
        id_=retrieved.product.id,
        text=product_text(retrieved.product),
        metadata=metadata,
        excluded_llm_metadata_keys=list(metadata),
        excluded_embed_metadata_keys=list(metadata),
    )
    return NodeWithScore(node=node, score=retrieved.score)


def _metadata(product: Product) -> dict[str, Any]:
    own: dict[str, Any] = {
        "product_id": product.id,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
    }
    if product.price is not None:
        own["price"] = product.price.amount
        if product.price.currency != NO_CURRENCY:
            own["currency"] = product.price.currency
    return product.attributes | {name: value for name, value in own.items() if value is not None}
