"""English words as shoppers use them: tokens, stems, and the small closed classes that rules turn on."""

import re
from typing import NamedTuple

from retriever.lexical import tokenise

_WORD = re.compile(r"[^\W_]+(?:[-'’&.][^\W_]+)*|[,;.!?()]")

COLOURS = frozenset(
    "red orange yellow green teal blue navy purple pink brown beige white grey gray black gold silver "
    "cream ivory khaki maroon burgundy turquoise violet lilac lavender magenta bronze copper tan olive "
    "mustard peach coral rose charcoal rust mauve aqua cyan indigo nude taupe multicolour multi".split()
)
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
     "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000}  # fmt: skip
ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1
    )
} | {
    f"{n}{'st' if n == 1 else 'nd' if n == 2 else 'rd' if n == 3 else 'th'}": n
    for n in range(1, 21)
}

FILLER = frozenset(
    "a an the some any i i'm im am we my me you your us our is are was be been do does did have has had can "
    "could would will should may might want wants need needs like looking look search searching find show "
    "see get give buy purchase shop shopping please hi hello hey thanks thank ok okay yes so just maybe "
    "really very quite something anything thing things stuff item items product products option options "
    "for to of on at in it its by from into about there here what which who how where when that this these "
    "those them they and or but also only then now one ones more other others another different instead "
    "with without not no if else what's i'd i'll let's recommend suggest suggestion recommendations got "
    "sell stock go as than too all both same similar ideally preferably prefer rather kind sort type "
    "know tell nice good great cool lovely pretty cheap cheaper less expensive affordable pricier price "
    "prices priced cost costs costing budget max maximum minimum under over below above between least most "
    "up around roughly shall person gift present today style colour color size made make new "
    "nephew niece son daughter friend mum mom mother dad father wife husband brother sister boyfriend girlfriend "
    "colleague neighbour grandma grandpa teacher birthday christmas anniversary wedding graduation idea ideas "
    "don't dont doesn't isn't aren't won't im".split()
)
"""Words that name no product: a message of nothing else has no subject of its own."""

HEAD_ENDS = frozenset(
    "with without under over below above for in of and or that which between from at less cheaper to but "
    "not no by up around about costing made please if , ; . ! ? ( )".split()
)
"""What may follow the noun that a request is about; another word there makes it a modifier."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "gray": ("grey",), "grey": ("gray",), "navy": ("navy blue",), "wooden": ("wood",),
    "woollen": ("wool",), "woolen": ("wool",), "golden": ("gold",), "cream": ("off white",),
    "multicolour": ("multi",), "multicolored": ("multi",), "multicoloured": ("multi",),
    "women": ("women", "woman", "female", "ladies"), "woman": ("women", "female", "ladies"),
    "womens": ("women", "female", "ladies"), "ladies": ("women", "female"),
    "lady": ("women", "female"), "female": ("women", "woman"), "her": ("women", "female"),
    "men": ("men", "man", "male"), "man": ("men", "male"), "mens": ("men", "male"),
    "male": ("men", "man"), "guys": ("men", "male"), "him": ("men", "male"),
    "girl": ("girls",), "boy": ("boys",), "kids": ("kids", "children"), "children": ("kids",),
    "tee": ("tshirt", "t-shirt"), "tees": ("tshirts", "t-shirts"), "t-shirt": ("tshirts",),
    "sneakers": ("sneakers", "sports shoes", "casual shoes"), "trainers": ("sneakers", "sports shoes"),
    "trainer": ("sneakers", "sports shoes"), "sneaker": ("sneakers", "sports shoes", "casual shoes"),
    "pants": ("trousers",), "slacks": ("trousers",), "trousers": ("pants",),
    "jumper": ("sweaters",), "pullover": ("sweaters",), "hoodie": ("sweatshirts",),
    "couch": ("sofas",), "sofa": ("sofas", "couches"), "purse": ("handbags",),
    "rucksack": ("backpacks",), "specs": ("sunglasses",), "shades": ("sunglasses",),
    "footwear": ("footwear", "shoes"), "clothes": ("clothing", "apparel"),
    "clothing": ("apparel", "clothes"), "garments": ("clothing", "apparel"),
    "jewelry": ("jewellery",), "jewellery": ("jewelry",), "lamp": ("lighting", "lamps"),
    "lamps": ("lighting", "lamps"), "luggage": ("bags", "luggage & travel"),
    "groceries": ("food", "grocery"), "scent": ("perfume", "fragrance"),
    "perfume": ("fragrance", "perfume and body mist"), "plush": ("toys",),
}  # fmt: skip
"""Other words for a value, tried where the catalogue does not have the word itself."""

UMBRELLAS: dict[str, tuple[str, ...]] = {
    "bag": ("bag", "handbag", "backpack", "rucksack", "tote", "purse", "clutch", "satchel", "suitcase", "duffel", "luggage", "pouch"),
    "shoe": ("shoe", "sneaker", "trainer", "boot", "sandal", "loafer", "heel", "slipper", "pump", "flat", "clog", "moccasin", "flip flop"),
    "footwear": ("shoe", "sneaker", "trainer", "boot", "sandal", "loafer", "heel", "slipper", "pump", "flat", "clog", "flip flop"),
    "trousers": ("trousers", "pants", "jeans", "chinos", "leggings", "slacks", "trackpants", "track pants"),
    "jewellery": ("jewellery", "ring", "necklace", "bracelet", "earring", "pendant", "bangle"),
    "jewelry": ("jewellery", "ring", "necklace", "bracelet", "earring", "pendant", "bangle"),
    "seat": ("seat", "chair", "stool", "sofa", "armchair", "bench"),
}  # fmt: skip
"""Words wider than most categories, with the kinds they cover: all of these are wanted, none left out."""


class Token(NamedTuple):
    """A word of a message: as typed, case-folded, its stem, and where it stands."""

    text: str
    word: str
    stem: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """Words and the punctuation that ends clauses."""
    found = []
    for match in _WORD.finditer(text):
        raw = match[0]
        word = raw.casefold().replace("’", "'")
        word = word[:-2] if word.endswith("'s") else word.rstrip("'")
        found.append(Token(raw, word, stem(word), match.start(), match.end()))
    return found


def stem(word: str) -> str:
    """The stem by which words of messages and values compare; hyphens do not count."""
    joined = re.sub(r"[-'’.&]", "", word.casefold())
    stems = tokenise(joined)
    return stems[0] if len(stems) == 1 else joined


def head_of(text: str) -> Token | None:
    """The noun that a request is about: its last content word before "with", "in", "for" ..."""
    head = None
    for token in tokens_of(text):
        if head is not None and (token.word in HEAD_ENDS or not token.word[0].isalnum()):
            break
        if token.word not in FILLER and token.word[0].isalpha():
            head = token
    return head
