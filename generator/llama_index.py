"""The recommender as a query engine of LlamaIndex, and the search as a tool for its agents."""

import asyncio
import json
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.tools import FunctionTool
from pydantic import ConfigDict

from generator.conversation import Conversation, Message
from generator.events import Done, EvidenceItem, Products, Text
from generator.recommender import Recommender
from generator.searching import Searcher
from retriever.capabilities import Capabilities
from retriever.node import to_node
from retriever.retrieved import RetrievedProduct
from retriever.where_parser import parse_where


class RecommenderQueryEngine(CustomQueryEngine):
    """Each query is a conversation of one message; for several turns use `Recommender` itself.

    The response's text is the checked reply, its source nodes are the evidence (`ProductNode`), its
    metadata hold ``fits``, ``writer`` and ``citations`` (number -> product id).

        RecommenderQueryEngine(recommender=Recommender(search, capabilities)).query("a red mug")
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    recommender: Recommender
    k: int = 8

    def custom_query(self, query_str: str) -> Response:
        """Not within a running event loop: there, use ``aquery``."""
        return asyncio.run(self.acustom_query(query_str))

    async def acustom_query(self, query_str: str) -> Response:
        """The reply to one message. Raises what `Recommender.reply` raises."""
        texts: list[Text] = []
        nodes = []
        metadata: dict[str, Any] = {}
        async for event in self.recommender.reply(
            Conversation(), Message(text=query_str, k=self.k)
        ):
            if isinstance(event, Products):
                nodes = [to_node(_retrieved(item)) for item in event.items]
                metadata["fits"] = event.fits
            elif isinstance(event, Text):
                texts.append(event)
            elif isinstance(event, Done):
                metadata["writer"] = event.writer
        metadata["citations"] = {
            str(ref.number): ref.product_id for text in texts for ref in text.citations
        }
        answer = " ".join(text.text for text in texts)
        return Response(response=answer, source_nodes=nodes, metadata=metadata)


def search_tool(
    searcher: Searcher, capabilities: Capabilities, name: str = "search_products"
) -> FunctionTool:
    """Search as a tool: text, a filter in the language of `retriever.where_parser`, a limit.

    Its description names the catalogue's own fields and values. A filter that cannot be applied comes
    back as an error that says what is supported; it is never dropped.
    """

    async def search(query: str, where: str = "", limit: int = 8) -> str:
        filters = parse_where(where) if where.strip() else None
        found = await searcher.asearch(query, where=filters, limit=limit)
        return json.dumps([_card(item) for item in found], ensure_ascii=False)

    def search_sync(query: str, where: str = "", limit: int = 8) -> str:
        return asyncio.run(search(query, where, limit))

    return FunctionTool.from_defaults(
        fn=search_sync, async_fn=search, name=name, description=_description(capabilities)
    )


_VALUES = 12


def _description(capabilities: Capabilities) -> str:
    lines = []
    for field in capabilities.fields:
        if field.type == "number":
            lines.append(
                f"- {field.name}: {field.minimum:g} to {field.maximum:g}"
                if field.minimum is not None and field.maximum is not None
                else f"- {field.name}: number"
            )
        else:
            more = ", ..." if len(field.values) > _VALUES else ""
            lines.append(
                f"- {field.name}: {', '.join(v.value for v in field.values[:_VALUES])}{more}"
            )
    return (
        "Find products of the shop by what they look like. `query`: what to look for. `where`: an optional "
        'filter such as "price <= 50 and colour in (red, orange)". Fields:\n' + "\n".join(lines)
    )


def _card(found: RetrievedProduct) -> dict[str, Any]:
    return {"rank": found.rank, "score": found.score, **found.product.model_dump(mode="json")}


def _retrieved(item: EvidenceItem) -> RetrievedProduct:
    return RetrievedProduct(item.product, item.score or 0.0, item.rank, item.picture_key)
