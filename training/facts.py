"""Facts: what a picture is known to show, and the catalogues of `training.pretrain` read as facts.

A fact is ``"slot:value"``, such as ``"type:handbag"`` or ``"colour:navy blue"``. Captions are made from
some of a product's facts (`training.captions`); a caption is true of every picture that has all the
facts it mentions, which is what tells positives from negatives in the loss.

Visual words (*striped*, *leather*, *polo*) are picked from shop titles by a fixed vocabulary. Nothing
else of a title is ever used: no brand, no model name, no word order.
"""

import re
from collections.abc import Iterable, Mapping

from retriever.drawn import Visual

Facts = tuple[str, ...]

# Shop labels -> what people call the thing. The first name is the canonical one. Labels that are not
# listed are lower-cased and put in the singular.
TYPE_NAMES: dict[str, tuple[str, ...]] = {
    "Tshirts": ("t-shirt", "tshirt", "tee", "t shirt"),
    "Kurtas": ("kurta",),
    "Kurtis": ("kurti",),
    "Sarees": ("saree", "sari"),
    "Casual Shoes": ("casual shoes", "casual shoe"),
    "Sports Shoes": ("sports shoes", "sports shoe", "running shoes", "trainers"),
    "Formal Shoes": ("formal shoes", "formal shoe", "dress shoes"),
    "Heels": ("heels", "high heels", "heeled shoes"),
    "Flats": ("flats", "flat shoes"),
    "Flip Flops": ("flip flops", "flip flop", "slippers"),
    "Sandals": ("sandals", "sandal"),
    "Sports Sandals": ("sports sandals", "floaters"),
    "Sunglasses": ("sunglasses", "shades"),
    "Briefs": ("briefs", "brief", "underwear"),
    "Trunk": ("trunks", "trunk", "boxer briefs"),
    "Innerwear Vests": ("innerwear vest", "vest", "undershirt"),
    "Jeans": ("jeans", "pair of jeans"),
    "Trousers": ("trousers", "trouser", "pants"),
    "Track Pants": ("track pants", "track pant", "joggers"),
    "Shorts": ("shorts", "short pants"),
    "Capris": ("capris", "capri pants"),
    "Leggings": ("leggings", "legging"),
    "Handbags": ("handbag", "hand bag", "shoulder bag"),
    "Clutches": ("clutch", "clutch bag"),
    "Backpacks": ("backpack", "rucksack"),
    "Watches": ("watch", "wrist watch", "wristwatch"),
    "Dresses": ("dress", "frock"),
    "Scarves": ("scarf",),
    "Mufflers": ("muffler", "winter scarf"),
    "Perfume and Body Mist": ("perfume", "body mist", "fragrance bottle"),
    "Deodorant": ("deodorant", "deo"),
    "Necklace and Chains": ("necklace", "chain necklace"),
    "Earrings": ("earrings", "pair of earrings"),
    "Cufflinks": ("cufflinks", "pair of cufflinks"),
    "Socks": ("socks", "pair of socks"),
    "Stockings": ("stockings", "tights"),
    "Gloves": ("gloves", "pair of gloves"),
    "Kajal and Eyeliner": ("eyeliner", "kajal"),
    "Sweaters": ("sweater", "pullover", "jumper"),
    "Sweatshirts": ("sweatshirt", "hoodie"),
    "Accessory Gift Set": ("accessory gift set", "gift set"),
    "Mobile Pouch": ("mobile pouch", "phone pouch"),
    "Duffel Bag": ("duffel bag", "duffle bag"),
}
COLOUR_NAMES: dict[str, tuple[str, ...]] = {
    "navy blue": ("navy blue", "navy"),
    "navy": ("navy blue", "navy"),
    "grey": ("grey", "gray"),
    "grey melange": ("grey melange", "heather grey"),
    "multi": ("multicoloured", "multi coloured", "multi"),
    "off white": ("off white", "off-white"),
    "turquoise blue": ("turquoise", "turquoise blue"),
    "coffee brown": ("coffee brown", "dark brown"),
}
_GROUPS = {
    "Topwear": "topwear",
    "Bottomwear": "bottomwear",
    "Bags": "bag",
    "Shoes": "shoes",
    "Sandal": "sandals",
    "Jewellery": "jewellery",
    "Innerwear": "innerwear",
    "Headwear": "headwear",
    "Fragrance": "fragrance",
    "Lips": "lip make-up",
    "Makeup": "make-up",
    "Nails": "nail polish",
    "Loungewear and Nightwear": "nightwear",
}
# Title words that a picture can show -> the canonical word.
VISUAL_WORDS: dict[str, str] = {
    **dict.fromkeys(("striped", "stripe", "stripes", "striper"), "striped"),
    **dict.fromkeys(("check", "checks", "checked", "gingham", "plaid"), "checked"),
    **dict.fromkeys(("printed", "print", "graphic"), "printed"),
    **dict.fromkeys(("floral", "flower", "flowers"), "floral"),
    **dict.fromkeys(("polka", "dotted"), "polka dot"),
    **dict.fromkeys(("solid", "plain"), "plain"),
    **dict.fromkeys(("denim",), "denim"),
    **dict.fromkeys(("leather", "leatherette", "leatherite"), "leather"),
    **dict.fromkeys(("canvas",), "canvas"),
    **dict.fromkeys(("silk", "satin"), "silk"),
    **dict.fromkeys(("lace",), "lace"),
    **dict.fromkeys(("knit", "knitted", "woven"), "knitted"),
    **dict.fromkeys(("suede", "velvet"), "suede"),
    **dict.fromkeys(("washed", "faded"), "washed"),
    **dict.fromkeys(("turtle",), "turtle neck"),
    **dict.fromkeys(("sleeveless",), "sleeveless"),
    **dict.fromkeys(("hooded", "hoodie", "hood"), "hooded"),
    **dict.fromkeys(("jersey",), "jersey"),
    **dict.fromkeys(("wedges", "wedge"), "wedge"),
    **dict.fromkeys(("sling",), "sling"),
    **dict.fromkeys(("tote",), "tote"),
    **dict.fromkeys(("aviator", "aviators"), "aviator"),
    **dict.fromkeys(("wayfarer",), "wayfarer"),
    **dict.fromkeys(("chronograph", "multi-dial"), "chronograph"),
    **dict.fromkeys(("digital",), "digital"),
    **dict.fromkeys(("analogue", "analog"), "analogue"),
    **dict.fromkeys(("slim", "skinny"), "slim"),
    **dict.fromkeys(("reversible",), "reversible"),
    **dict.fromkeys(("ankle",), "ankle"),
    **dict.fromkeys(("bikini",), "bikini"),
    **dict.fromkeys(("thong",), "thong"),
    **dict.fromkeys(("pearl",), "pearl"),
    **dict.fromkeys(("beaded",), "beaded"),
    **dict.fromkeys(("laptop",), "laptop"),
    **dict.fromkeys(("superman", "batman", "marvel", "comics", "mickey", "garfield"), "cartoon"),
}
_DIAL = re.compile(r"\b(black|white|blue|silver|brown|pink|red|golden|gold|grey) dial\b")
_PACK = re.compile(r"\b(?:pack|set) of (\d|two|three|four|five|six)\b|\bpack\b")
_MAGENTO_NOUNS = (
    "hoodie sweatshirt jacket tank tee bra pant legging capri short bag backpack watch dumbbell ball "
    "strap roller bottle duffle tote kit brick block mat polo jersey pullover shell"
).split()
_TAILWIND_NOUNS = (
    "microwave|refrigerator|oven|washing machine|kitchen stoves|faucet|bathing system|showerhead|"
    "toilet|curtains|door knob|door hardware|curtain rod|window|door|watering can|wheelbarrow|"
    "artificial tree|wood table|casseroles|coffee maker|shelving|wardrobe|saw|measuring tape|drill|"
    "hammer|screwdriver|multi-tool plier|pliers|hard hat|gnomes|gnome"
).split("|")
_BASIC_COLOURS = (
    "black white blue red green purple orange grey gray yellow brown pink golden".split()
)


def type_names(label: str) -> tuple[str, ...]:
    """What people call a shop's type label; the first name is canonical."""
    if label in TYPE_NAMES:
        return TYPE_NAMES[label]
    name = label.lower()
    return (re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", name),)


def visual_words(title: str) -> set[str]:
    """Words of the fixed visual vocabulary that a title contains, as canonical words."""
    lowered = title.lower()
    words = {VISUAL_WORDS[w] for w in re.findall(r"[a-z][a-z-]*", lowered) if w in VISUAL_WORDS}
    if dial := _DIAL.search(lowered):
        words.add(f"{dial.group(1)} dial")
    if _PACK.search(lowered):
        words.add("pack")
    if re.search(r"\bv[- ]neck\b", lowered):
        words.add("v-neck")
    if re.search(r"\bround[- ]neck\b|\bcrew\b", lowered):
        words.add("round neck")
    return words


_POLO = re.compile(r"\bpolo\b(?! assn)")


def _facts(**slots: str | Iterable[str] | None) -> Facts:
    found: list[str] = []
    for slot, value in slots.items():
        values = [value] if isinstance(value, str) else sorted(value or ())
        found += [f"{slot}:{v}" for v in values if v and v not in ("na", "NA")]
    return tuple(found)


def fashion_facts(row: Mapping[str, str | None]) -> Facts:
    """Facts of a row of the fashion catalogues."""
    title = row["title"] or ""
    # On shoes, bags and belts the word is part of a brand's name and says nothing about the look.
    is_polo = row["articleType"] == "Tshirts" and _POLO.search(title.lower())
    return _facts(
        type=type_names(row["articleType"] or "")[0],
        kind="polo" if is_polo else None,
        group=_GROUPS.get(row["subCategory"] or ""),
        colour=(row["baseColour"] or "").lower(),
        gender=(row["gender"] or "").lower(),
        usage=(row["usage"] or "").lower(),
        word=visual_words(title),
    )


def magento_facts(row: Mapping[str, str | None]) -> Facts:
    """Facts of a row of the sportswear catalogue: its noun is the last known one of its title."""
    words = re.findall(r"[a-z]+", (row["title"] or "").lower())
    nouns = [n for w in words for n in _MAGENTO_NOUNS if w in (n, n + "s")]
    noun = {"tee": "t-shirt", "pant": "trousers", "short": "shorts", "legging": "leggings"}
    return _facts(
        type=noun.get(nouns[-1], nouns[-1]) if nouns else None,
        colour=(row["color"] or "").lower().replace("gray", "grey"),
        gender=(row["gender"] or "").lower(),
        usage="sports",
    )


def grocery_facts(row: Mapping[str, str | None]) -> Facts:
    """Facts of a row of the grocery catalogue."""
    return _facts(
        type=(row["category"] or "").lower(),
        group={"Fruit": "fruit", "Vegetables": "vegetable"}.get(row["top_category"] or "", "food"),
        colour=_colour_word(row["title"] or ""),
    )


def tailwind_facts(row: Mapping[str, str | None]) -> Facts:
    """Facts of a row of the mixed shop: its noun is the first known one of its title."""
    title = (row["title"] or "").lower()
    noun = next((n for n in _TAILWIND_NOUNS if n in title), None)
    return _facts(type=noun, colour=_colour_word(title))


def drawn_facts(visual: Visual) -> Facts:
    """Facts of a drawn product: all that the picture shows."""
    return _facts(
        type=visual.type,
        kind=visual.kind,
        colour="navy blue" if visual.colour == "navy" else visual.colour,
        word=None if visual.pattern == "plain" else [visual.pattern.replace("-", " ")],
        material=visual.material,
        size=visual.size,
        part=visual.parts,
    )


def _colour_word(title: str) -> str | None:
    found = [w for w in re.findall(r"[a-z]+", title.lower()) if w in _BASIC_COLOURS]
    return found[0].replace("gray", "grey") if found else None
