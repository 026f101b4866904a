"""Evaluating adapters on a catalogue: from its pairs to an `Evaluation` with everything in it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from retriever.features import FeatureCache
from training.evaluation.evaluate import (
    Measured,
    Progress,
    index_costs,
    measure_all,
    query_ranks,
    slices,
    suite_results,
)
from training.evaluation.examples import Album, count_errors, wins_and_losses
from training.evaluation.ranking import DEPTH, ExactRanker, Ranker, SearchRanker
from training.evaluation.result import Evaluation, IndexCost
from training.evaluation.suites import LEAST, Query, Suite, attribute_suite, known_item_suite
from training.evaluation.typed import typed_suite
from training.pairs import Pairs, text_features

ZERO_SHOT = "zero-shot"


def suites_of(pairs: Pairs, wanted: Sequence[Suite], *, least: int = LEAST) -> list[Query]:
    """The queries of these suites; ``least`` as for `attribute_suite`."""
    made = {
        "known-item": lambda: known_item_suite(pairs),
        "attribute": lambda: attribute_suite(pairs.products, least=least),
        "typed": lambda: typed_suite(pairs.products, least=least),
    }
    return list(chain.from_iterable(made[suite]() for suite in wanted))


def adapter_ranker(
    pairs: Pairs, encoder: Encoder, pictures: FeatureCache, texts: FeatureCache, adapter: Adapter
) -> ExactRanker:
    """Exact search of the pairs' pictures through an adapter, from cached features."""
    return ExactRanker(
        [product.id for product in pairs.products],
        adapter.embed_pictures(pictures.get(pairs.picture_keys)),
        lambda wanted: adapter.embed_texts(text_features(wanted, encoder, texts), wanted),
    )


def evaluation_of(
    pairs: Pairs,
    queries: Sequence[Query],
    rankers: Mapping[str, Ranker],
    *,
    catalogue: str,
    split: str,
    encoder: str,
    fingerprint: str,
    index: Sequence[IndexCost] = (),
    on_progress: Progress | None = None,
) -> Evaluation:
    """Everything that a report shows. ``rankers``: the baseline first; the last one's errors are shown.

    Any rankers will do, as long as the product ids that they give are those of the pairs. Raises
    `SettingsError` without queries or rankers.
    """
    measured: Measured = measure_all(queries, rankers, on_progress=on_progress)
    album = Album({product.id: product for product in pairs.products})
    failed, errors = count_errors(measured, album)
    wins, losses, won, lost = wins_and_losses(measured, album)
    return Evaluation(
        catalogue=catalogue,
        split=split,
        products=len(pairs),
        encoder=encoder,
        fingerprint=fingerprint,
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        depth=DEPTH,
        methods=measured.methods,
        suites=suite_results(measured),
        slices=slices(measured),
        index=list(index),
        failed=failed,
        errors=errors,
        wins=wins,
        losses=losses,
        won=won,
        lost=lost,
        pictures=album.pictures,
        queries=query_ranks(measured),
    )


def cost_of_index(queries: Sequence[Query], exact: SearchRanker, *, name: str) -> list[IndexCost]:
    """What the graph of an index costs on these queries; see `index_costs`."""
    return index_costs(
        queries,
        exact,
        SearchRanker(exact.search),
        index=name,
        products=exact.search.version.info.count,
    )
