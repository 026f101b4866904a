"""Whether what was found fits what was asked."""

from generator.abstention.features import Records, query_features, unknown_words
from generator.abstention.model import AbstentionModel
from generator.events import Abstention
from generator.searching import Found
from retriever.capabilities import Capabilities
from retriever.index.base import IndexVersion


def judge(
    found: Found, version: IndexVersion, capabilities: Capabilities, model: AbstentionModel | None
) -> Abstention:
    """Without a model of what is served nothing is abstained from, and the result says that it is not
    calibrated. A query of limits alone always fits what satisfies them.
    """
    best = found.items[0].score if found.items else None
    if not found.query.strip() or not found.pool or best is None:
        return Abstention()
    if model is None or not model.is_of(capabilities):
        return Abstention(reason="not calibrated for this index; `shoplens calibrate` does it")
    records = Records(version)
    features = query_features(found.query, best, found.pool, records)
    fits = not model.refuses(features)
    return Abstention(
        fits=fits,
        calibrated=True,
        probability=round(model.probability(features), 4),
        threshold=model.threshold,
        unknown=() if fits else unknown_words(found.query, records),
        reason="" if fits else "nothing in the catalogue is close enough to the request",
    )
