"""Why a sentence fails its check: each code, in words that a writer can act on."""

from generator.events import ProblemCode

PROBLEMS: dict[ProblemCode, str] = {
    "unknown_citation": "it cites a product that is not among the numbered ones",
    "wrong_citation": "it names one product and cites another",
    "uncited_product": "it speaks of a product without citing it",
    "invented_product": "it names something that is not in the data",
    "wrong_price": "a price is not that of the product it is said of",
    "wrong_discount": "it claims a discount that the data does not have",
    "wrong_attribute": "it says a colour, material, size, feature or kind that the product's record does not have",
    "borrowed_attribute": "it says of one product what the record of another says",
    "wrong_availability": "it speaks of stock or delivery, which the data does not give",
    "wrong_count": "a number of products is wrong",
    "wrong_superlative": "a superlative does not hold among the numbered products",
    "budget_broken": "it recommends a product outside the shopper's limits, or is wrong about the limit",
    "unsupported_claim": "it makes a claim that is tied to no product",
    "formatting": "it holds a link, a tag, markup or look-alike letters",
    "prompt_leak": "it repeats its instructions",
}
