"""What the shop writes about a product: little, vaguely, and never how it looks in detail."""

from dataclasses import dataclass
from random import Random
from typing import Final

from retriever.drawn.spec import Spec, Visual

_BRANDS: Final = {
    "toys": ("Kiddlewick", "Tumblo", "Bramble & Co", "Playhaus", "Nuvo Kids"),
    "kitchen": ("Casa Lume", "Hearthline", "Koppar", "Oven & Oak", "Mesa"),
    "furniture": ("Nordby", "Halden", "Woodrow", "Atelier Forma", "Lodge 9"),
    "clothes": ("Moda Classic", "Linden", "Threadwell", "Vela", "Common Day"),
    "shoes": ("Strida", "Walkwell", "Pacer", "Calza", "Northfoot"),
    "bags": ("Portmanteau", "Carryon", "Trekline", "Moda Classic", "Vela"),
    "lighting": ("Lumera", "Glowby", "Halden", "Wattson"),
    "food": ("Green Acre", "Orchard Lane", "Daily Harvest Farm"),
    "home": ("Casa Lume", "Nordby", "Hearthline", "Nest & Nook"),
    "accessories": ("Vela", "Common Day", "Tempora", "Moda Classic"),
}
_CATEGORIES: Final = {
    "toys": "Toys",
    "kitchen": "Kitchen",
    "furniture": "Furniture",
    "clothes": "Clothing",
    "shoes": "Shoes",
    "bags": "Bags",
    "lighting": "Lighting",
    "food": "Food",
    "home": "Home",
    "accessories": "Accessories",
}
_MARKETING: Final = {
    "red": "Cherry",
    "orange": "Sunset",
    "yellow": "Lemonade",
    "green": "Forest",
    "teal": "Lagoon",
    "blue": "Ocean",
    "navy": "Midnight",
    "purple": "Plum",
    "pink": "Blossom",
    "brown": "Chestnut",
    "beige": "Sahara",
    "white": "Snow",
    "grey": "Pebble",
    "black": "Onyx",
}
_DESCRIPTIONS: Final = (
    "Machine washable. Ships in 2 days.",
    "New arrival. Free returns within 30 days.",
    "Best seller. Great gift idea.",
    "Ships in 2 days.",
    "Imported. See label for care.",
    "Clearance item, no exchange.",
    "Our customers' favourite. Limited stock.",
    "Wipe clean. Assembled in the EU.",
)
_MEASURES: Final = {
    "toys": ("5-inch", "9-inch", "16-inch"),
    "kitchen": ("S", "M", "L"),
    "furniture": ("60 cm", "90 cm", "140 cm"),
    "clothes": ("S", "M", "XL"),
    "shoes": ("36", "40", "45"),
    "bags": ("10L", "20L", "40L"),
    "lighting": ("20 cm", "35 cm", "60 cm"),
    "food": ("small", "medium", "large"),
    "home": ("S", "M", "L"),
    "accessories": ("S", "M", "L"),
}
_SIZE_ORDER: Final = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class Listing:
    """The shop's own fields of one product; ``price`` in US dollars."""

    title: str
    description: str
    brand: str
    category: str
    price: float
    attributes: dict[str, str]


def _title(spec: Spec, visual: Visual, brand: str, material: str, measure: str, rng: Random) -> str:
    noun = rng.choice(spec.nouns)
    code = f"{spec.type[:2]}{spec.type[-1]}-{visual.colour[:2]}-{rng.randint(1, 99):02d}".upper()
    forms = (
        f"{noun}, {material}, {measure}",
        f"{code} {material} {noun.lower()}",
        f"{noun} {material}",
        f"{brand} {noun}",
        f"{brand} {noun} {measure}",
        f"{visual.colour.capitalize()} {noun.lower()}",
        f"{noun} {visual.colour}",
        f"{brand} {rng.randint(100, 999)} {noun.lower()}",
        noun,
    )
    title = rng.choice(forms)
    return title.upper() if rng.random() < 0.12 else title


def _price(spec: Spec, visual: Visual, rng: Random) -> float:
    low, high = spec.price
    scale = (0.75, 1.0, 1.35)[_SIZE_ORDER.index(visual.size)]
    amount = rng.uniform(low, high) * scale
    return round(amount, 2) if amount < 4 else round(amount) - rng.choice((0.01, 0.05, 0.5, 0.0))


def list_product(spec: Spec, visual: Visual, rng: Random) -> Listing:
    """Write the shop's fields for a product.

    The colour is plain for four products in five, a marketing name for some and missing for the
    rest; the material is the shop's word, not the visible one; parts and patterns never appear.
    """
    brand = rng.choice(_BRANDS[spec.department])
    material = rng.choice(spec.made_of)
    measure = _MEASURES[spec.department][_SIZE_ORDER.index(visual.size)]
    title = _title(spec, visual, brand, material, measure, rng)
    attributes: dict[str, str] = {}
    dice = rng.random()
    if dice < 0.8:
        attributes["colour"] = visual.colour
    elif dice < 0.9:
        attributes["colour"] = _MARKETING[visual.colour]
    if rng.random() < 0.85:
        attributes["material"] = material
    if rng.random() < 0.9:
        attributes["size"] = visual.size
    return Listing(
        title=title,
        description=rng.choice(_DESCRIPTIONS) if rng.random() < 0.4 else "",
        brand=brand if rng.random() < 0.85 else "",
        category=_CATEGORIES[spec.department],
        price=_price(spec, visual, rng),
        attributes=attributes,
    )
