"""What the system itself says of a reply: limits it could not apply, and that nothing fits."""

from generator.events import Products
from generator.searching import Found
from generator.understanding import Understanding
from retriever.wording import listed, shorten

_WAYS = 3


def notices(understanding: Understanding, products: Products, found: Found) -> list[str]:
    """Sentences to say before the text, each about constraints or about what is not there."""
    said = [
        f"{'Not a filter' if refusal.preference else 'Not applied'}: {refusal}."
        for refusal in understanding.constraints.refused
    ]
    if found.missing:
        said.append("A product you point at is no longer in the catalogue.")
    if not products.items and products.relaxations:
        ways = [f"“{way.chip.label}” ({way.count:,})" for way in products.relaxations[:_WAYS]]
        said.append(
            f"No product satisfies every limit; without one of them there would be: {listed(ways)}."
        )
    if products.items and not products.fits:
        unknown = [f"“{shorten(word, 40)}”" for word in products.abstention.unknown]
        why = f"no product of the catalogue speaks of {listed(unknown)}" if unknown else ""
        said.append(
            "Nothing in the catalogue fits"
            + (f": {why}" if why else "")
            + ". These are only the nearest alternatives."
        )
    return said
