"""The answer of a search: products with their scores and ranks."""

from dataclasses import dataclass
from typing import Literal

from retriever.product import Product

Mode = Literal["dense", "lexical", "hybrid"]
"""How products are found and what their scores mean; higher is better in each, and no two compare.

- ``dense``: by looks. Cosine similarity of embeddings, -1 to 1. With CLIP the best products of a text
  query often score 0.2 to 0.4 and those of a picture query near 1: text and pictures lie in separate
  parts of the space, so a cutoff must be set for each kind of query. Under MMR the order is MMR's,
  and the scores, still cosines, need not fall from product to product.
- ``lexical``: by the words of title, brand, category, attributes and description. BM25, 0 upwards;
  products that share no word with the query are not found.
- ``hybrid``: both rankings joined by reciprocal rank fusion, the sum of 1 / (60 + rank) with ranks
  from 0: between 1 / 30 for the first of both rankings and nearly 0.
"""


@dataclass(frozen=True, slots=True)
class RetrievedProduct:
    """A product as a search found it: its score (see `Mode`), its rank (1 for the best), and the
    `Picture.key` of its picture, by which thumbnails are kept.
    """

    product: Product
    score: float
    rank: int
    picture_key: str = ""
