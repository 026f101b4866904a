"""Words that claim something of a product: colours, materials, patterns, features, kinds.

Stems, as `generator.understanding.words.stem` makes them. A word of these in a sentence must stand in the
record of the product that the sentence cites.
"""

from generator.understanding.words import COLOURS as _SHOPPERS_COLOURS
from generator.understanding.words import FILLER, stem


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


COLOURS = frozenset(stem(word) for word in _SHOPPERS_COLOURS) | _stems(
    "scarlet crimson azure emerald lime amber ebony champagne salmon plum wine chocolate camel sand mint "
    "sage fuchsia cobalt sapphire ruby denim-blue chestnut onyx sunset lemonade lagoon blossom pebble "
    "reddish bluish greenish greyish yellowish pinkish colourful multicoloured monochrome transparent clear"
) - _stems("clear sand wine rose")
MATERIALS = _stems(
    "leather suede cotton wool linen silk polyester nylon acrylic viscose denim velvet satin cashmere fleece "
    "canvas rubber plastic metal steel stainless aluminium aluminum iron brass copper bronze chrome wood "
    "wooden oak pine walnut birch beech teak bamboo rattan wicker glass ceramic porcelain stoneware marble "
    "granite stone concrete paper cardboard cork felt fur faux pu pvc foam latex silicone titanium gold "
    "silver platinum pearl mesh microfibre microfiber corduroy jersey tweed lace spandex elastane lycra "
    "polycarbonate resin vinyl hemp jute merino mahogany down feather"
) - _stems("down gold silver")
PATTERNS = _stems(
    "striped stripes checked checkered chequered plaid tartan floral flowers flowery dotted dots polka paisley "
    "houndstooth camouflage camo leopard zebra animal-print geometric embroidered sequinned sequins "
    "glitter quilted ribbed herringbone tie-dye printed print solid-coloured"
)
FEATURES = _stems(
    "waterproof water-resistant windproof breathable washable dishwasher dishwasher-safe microwave oven-safe "
    "organic vegan recycled recyclable sustainable biodegradable handmade hand-made handcrafted hypoallergenic "
    "antibacterial scratch-resistant stain-resistant fireproof shockproof unbreakable shatterproof "
    "rechargeable wireless bluetooth cordless solar battery battery-powered electric foldable folding "
    "collapsible adjustable stackable reversible detachable removable insulated padded lined unlined hooded "
    "zippered zip zipper buttons button pockets pocket laces lace-up slip-on high-heeled heel heels "
    "sleeveless long-sleeved short-sleeved turtleneck v-neck crew-neck collar stretch stretchy elastic "
    "slim-fit oversized non-slip anti-slip ergonomic orthopaedic orthopedic limited-edition vintage antique "
    "award-winning certified patented bestseller bestselling best-selling best-seller award guaranteed "
    "guarantee warranty imported italian french swedish german japanese american scandinavian swiss danish "
    "fragrance-free sugar-free gluten-free lactose-free fair-trade cruelty-free bpa-free genuine authentic "
    "original counterfeit fake unsafe dangerous toxic defective recalled broken harmful contaminated refurbished "
    "second-hand preowned rated reviews review stars star-rated popular doctor-recommended clinically "
    "seller sellers machine-washable hand-washable heat-resistant water-repellent lightweight heavy-duty "
    "lifetime uv-protection polarised polarized anti-glare noise-cancelling gps leakproof heatproof"
)
SIZES = _stems(
    "small medium large tiny huge mini xs xl xxl xxxl oversized petite king-size queen-size compact giant"
)
AUDIENCE = _stems(
    "women men girls boys unisex kids children toddlers babies adults womens mens ladies"
)
NOUN_GROUPS = tuple(
    _stems(group)
    for group in (
        "shoe shoes sneaker sneakers trainers boot boots sandal sandals loafer loafers heels slipper slippers pump pumps flats footwear clog",
        "lamp lamps light lighting lantern chandelier pendant", "sofa couch settee loveseat", "chair stool armchair bench seat ottoman recliner",
        "table desk sideboard", "shelf bookcase cabinet cupboard wardrobe drawer dresser bookshelf", "bed mattress", "rug carpet mat",
        "mug cup teacup", "glass tumbler goblet", "plate bowl dish platter", "bottle flask jug carafe", "pan pot kettle teapot saucepan",
        "knife fork spoon cutlery", "shirt tshirt t-shirt tee blouse top tops polo tank", "dress gown", "skirt", "trousers pants jeans chinos leggings shorts slacks",
        "jacket coat blazer parka", "sweater jumper pullover hoodie cardigan sweatshirt", "sock socks stockings tights", "hat cap beanie",
        "scarf shawl", "glove gloves mittens", "belt", "tie necktie bowtie", "watch watches", "ring necklace bracelet earrings earring pendant jewellery",
        "bag handbag backpack rucksack tote purse clutch satchel suitcase", "wallet", "sunglasses glasses eyewear", "toy toys plush doll teddy animal",
        "ball", "puzzle", "car truck train", "cushion pillow", "blanket throw duvet", "curtain curtains", "vase", "clock", "mirror", "candle",
        "umbrella", "apple banana pear orange lemon fruit", "carrot tomato pepper vegetable", "bread", "cheese", "milk", "book", "perfume deodorant", "lipstick nail polish",
    )
)  # fmt: skip
NOUNS = frozenset().union(*NOUN_GROUPS)

CLAIMS = COLOURS | MATERIALS | PATTERNS | FEATURES | SIZES | AUDIENCE

PLAIN = frozenset(stem(word) for word in FILLER) | _stems(
    "a able above absolutely according across add adding adjust after again all along already also although always "
    "among amount another answer any anything appear apply are around as ask asked assist at available away back "
    "based because been before being below beside best better between beyond big bit both brief broad broaden browse but by call came "
    "can card cards careful case catalogue catalog category change check cheapest choice choices choose chosen "
    "close closely closer closest colour colours color combine come comes compare compared comparison complete concern confirm "
    "consider constraint constraints contain could couple criteria currently decide decision deciding depend depending describe described "
    "description detail details did differ difference different differs direction do does down drop each easy easily either else "
    "enjoy enough entire every everything exact exactly example except exist fact feel few fewer field fields filter filters "
    "final find finding finds first fit fits fitting focus follow following found four five free from full further gave general "
    "get give given gives glad go goes going got guess had happen happy hard has have having head hear help helpful helps here "
    "hesitate higher highlight honest hope how however i idea ideas if important in include included includes information "
    "inside instead interest interested into is it item its itself just keep kind know last later least leave left less let "
    "level like liked likely limit limits line list listed listing listings little long look looked looking looks lot low lower lowest "
    "made main make makes many match matched matches matching matter may maybe me mean mention mentioned might mind miss missing "
    "more most mostly move much must my name named narrow nearest need needs neither never next nice no none nor not note noted nothing "
    "now number of off offer offers often ok on once one only open option options or order other others otherwise our out "
    "outside over overall own pair part particular per perfect perhaps pick picked picks picture pictures place please plus "
    "point possible prefer preference preferences present price prices priced pricing probably product products provide purpose put question questions quick quite "
    "range ranges rank ranked ranking rather read ready really reason recommend recommendation recommendations recommended record records refine relate "
    "related remain remaining remove reply request requests requirement requirements rest result results review right role room "
    "run said same satisfy say says search searched searches second see seem seems select selection sense set several share "
    "shall she shop shopper shopping should show showing shown shows side similar simple simply since single size sizes so some someone something "
    "soon sorry sort sound specific specify spend stand start state stay step still strong style such suggest suggestion suggestions "
    "suit suitable suits suited summary sure take taken taste tell ten than thank thanks that the their them then there these they thing "
    "things think this those though three through tie time to together too top total towards try turn two type under unfortunately "
    "unless until up us use useful using usual value values various very view want wanted was way ways we welcome well went were "
    "what whatever when where whether which while who whole why widen wider will wish with within without word words work "
    "works worth would yes yet you your yourself happy let's here's i've we've you'd you're that's there's it's don't isn't aren't couldn't can't "
    "falls unlike everyday budget stated brand brands material materials attribute attributes feature features depends mood occasion gift look appearance visually visual"
)
"""Words that a sentence about no product may use: they claim nothing of the catalogue."""
