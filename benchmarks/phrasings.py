"""Sentences for the grounding suite, true and false, in two sets of phrasings.

The rules of the checker were worked out with ``development``; ``held_out`` was written apart and is only
measured on. Slots: ``{name}`` a product's name in some form, ``{cite}`` its citation in some form,
``{price}`` its price in some form, ``{colour}``, ``{material}``, ``{size}``, ``{category}`` its own values;
``{name2}`` ... those of another product of the evidence, ``{low}`` its lower-priced one of the two. In false
sentences ``{wrong_...}`` is the planted error.
"""

from typing import Literal

Split = Literal["development", "held_out"]

CLEAN: dict[Split, tuple[str, ...]] = {
    "development": (
        "The {name} {cite} costs {price}.",
        "{name} {cite} is {colour} and made of {material}, at {price}.",
        "For {price} you get the {name} {cite}, a {colour} pick.",
        "A close match is {name} {cite}; its size is {size}.",
        "{name} {cite} costs {price}, while {name2} {cite2} costs {price2}.",
        "Both {name} {cite} and {name2} {cite2} could suit you.",
        "Of the two, {name_low} {cite_low} is less expensive than {name_high} {cite_high}.",
        "The cheapest of all is {name_min} {cite_min}, at {price_min}.",
        "If you prefer {material}, consider {name} {cite}.",
        "Here are {count} products that may suit you.",
        "Let me know if you would like something else!",
        "{name} {cite} comes in {colour}, e.g. for everyday use, and costs {price}.",
        "It differs from {name2} {cite2}: {name} {cite} is {colour}, not {not_colour}.",
        "At {price}, {name} {cite} is well within your budget.",
        "The record of {name} {cite} lists {material} as its material.",
        "{name} {cite} is just under {ceiling}, and it is {size}.",
        "There is a difference of {gap} between {name} {cite} and {name2} {cite2}.",
        "Together {name} {cite} and {name2} {cite2} come to {sum}.",
        "You could go for the {name} {cite}, priced at {price}.",
        "My first suggestion would be {name} {cite} ({colour}, {material}).",
        "Take a look at {name} {cite}: {colour}, {size}, {price}.",
        "{price} buys you {name} {cite}.",
        "In {colour} there's {name} {cite}; the price is {price}.",
        "Should you want to spend less, {name_low} {cite_low} is cheaper than {name_high} {cite_high}.",
        "No other product here costs less than {name_min} {cite_min}: it is the least expensive, at {price_min}.",
        "{name} {cite} and {name2} {cite2} are priced at {price} and {price2} respectively.",
        "Among these {count} options, {name} {cite} matches your words closely.",
        "What material would you like best?",
        "I would start with {name} {cite}, which is listed as {size} and sold for {price}.",
        "Unlike {name2} {cite2}, {name} {cite} is {colour}.",
        "{name} {cite} stays below your limit at {price}.",
        "You'd save {gap} by choosing {name_low} {cite_low} over {name_high} {cite_high}.",
        "Its maker is {brand}: {name} {cite}.",
        "Happy to narrow this down by colour or price.",
        "{name} {cite} is a {colour} choice in {material}; expect to pay {price}.",
        "The catalogue describes {name} {cite} as {colour} and puts it in {category}.",
    ),
    "held_out": (
        "{name} {cite} would be a sound choice at {price}.",
        "What speaks for {name} {cite}: it is {colour}, and it is {size}.",
        "Somebody on a budget could take {name_min} {cite_min}, the least expensive at {price_min}.",
        "{brand} has {name} {cite} for {price}.",
        "As for material, {name} {cite} is listed with {material}.",
        "{name} {cite} ({price}) and {name2} {cite2} ({price2}) are the ones I would compare.",
        "I'd lean towards {name} {cite}, since it is {colour}.",
        "Between {name_low} {cite_low} and {name_high} {cite_high}, the former is cheaper.",
        "You will pay {price} for {name} {cite} and {price2} for {name2} {cite2}.",
        "All {count} results are shown below.",
        "Shall I look for other colours?",
        "{name} {cite} falls under {category} in the catalogue.",
        "Next up is {name} {cite}, {colour} and priced at {price}.",
        "Its price, {price}, makes {name} {cite} fit your limit.",
        "{name} {cite} does not come in {not_colour}, but in {colour}.",
        "{name_high} {cite_high} is {gap} dearer than {name_low} {cite_low}.",
        "Finally, {name} {cite}: {material}, {size}, {price}.",
    ),
}

ERRORS: dict[str, dict[Split, tuple[str, ...]]] = {
    "invented_product": {
        "development": (
            "The {invented} {cite} is a good choice at {price}.",
            "You may also like the “{invented}”, which is similar.",
            "Another option is the {invented}.",
            "{invented} {cite} costs {price}.",
            "Shoppers who want more should see our {invented} as well.",
            "The {invented} rounds off this list nicely.",
            "Have you thought about {invented} {cite}?",
            "“{invented}” {cite} would be my pick.",
        ),
        "held_out": (
            "If none of these will do, there is always the {invented}.",
            "Many pair it with {invented}.",
            "Number one on my list: {invented} {cite}.",
            "The range also has “{invented}”.",
        ),
    },
    "wrong_price": {
        "development": (
            "The {name} {cite} costs {wrong_price}.",
            "{name} {cite} is yours for {wrong_price}.",
            "{name} {cite} costs {price2}, while {name2} {cite2} costs {price}.",
            "At {wrong_price}, {name} {cite} is good value.",
            "Expect to pay {wrong_price} for {name} {cite}.",
            "{name} {cite} goes for just {wrong_price}.",
            "The price tag of {name} {cite} reads {wrong_price}.",
            "{name} {cite} ({wrong_price}) is {colour}.",
        ),
        "held_out": (
            "You would pay {wrong_price} for {name} {cite}.",
            "{name} {cite}, {colour}, {wrong_price}.",
            "Only {wrong_price}: {name} {cite}.",
            "{wrong_price} is what {name} {cite} costs.",
        ),
    },
    "wrong_citation": {
        "development": (
            "{name} {cite2} costs {price2}.",
            "A good match is {name} {cite2}.",
            "“{title}” {cite2} may suit you.",
            "I would go with {name} {cite2} here.",
            "Perhaps the {name} {cite2} is what you are after.",
            "“{title}” by {brand} {cite2} looks right.",
        ),
        "held_out": (
            "What about {name} {cite2}?",
            "{name} {cite2} ({price2}) comes to mind.",
            "Finally there is “{title}” {cite2}.",
        ),
    },
    "unknown_citation": {
        "development": (
            "The {name} [{beyond}] costs {price}.",
            "See also [{beyond}], which is {colour}.",
            "<{fake_id}> is {colour}.",
            "{name} 【{beyond}】 may suit you.",
            "A further candidate is [#{beyond}].",
            "⟨{fake_id}⟩ would fit too.",
            "The product [“{fake_id}”] is close.",
            "{name} [[{beyond}]] is worth a look.",
            "{name} ［{beyond}］ is worth a look.",
        ),
        "held_out": (
            "Number [{beyond}] is my favourite.",
            "{name} <{fake_id}> is good.",
            "{name} (id: {fake_id}) is good.",
            "{name} [ref {beyond}] costs {price}.",
        ),
    },
    "borrowed_attribute": {
        "development": (
            "{name} {cite} is made of {material_of_other}.",
            "{name} {cite} is {colour_of_other} and costs {price}.",
            "The {colour_of_other} {name} {cite} costs {price}.",
            "{name} {cite} is from {brand_of_other}.",
            "Made from {material_of_other}, {name} {cite} feels right.",
            "You get {name} {cite} in {colour_of_other}.",
            "{name} {cite} ({colour_of_other}) sells at {price}.",
            "{brand_of_other} makes {name} {cite}.",
        ),
        "held_out": (
            "The material of {name} {cite} is {material_of_other}.",
            "{name} {cite}, in {colour_of_other}, costs {price}.",
            "{name} {cite} by {brand_of_other} costs {price}.",
            "A {colour_of_other} pick is {name} {cite}.",
        ),
    },
    "wrong_attribute": {
        "development": (
            "{name} {cite} is made of {alien_material}.",
            "{name} {cite} is {alien_colour}.",
            "{name} {cite} is waterproof and costs {price}.",
            "{name} {cite} measures 77 cm.",
            "With its {alien_colour} finish, {name} {cite} stands out.",
            "{name} {cite} was handmade in Italy.",
            "{alien_material} gives {name} {cite} a warm feel.",
            "Being machine-washable, {name} {cite} is practical.",
            "{name} {cite} weighs only 3 kg.",
        ),
        "held_out": (
            "{name} {cite} has a {alien_colour} look.",
            "{name} {cite} is lined with {alien_material}.",
            "{name} {cite} is dishwasher-safe.",
            "{name} {cite} holds 9 litres.",
            "Reviewers gave {name} {cite} 4.8 stars.",
        ),
    },
    "wrong_discount": {
        "development": (
            "{name} {cite} is 20% off.",
            "{name} {cite} is on sale at {price}.",
            "Originally dearer, {name} {cite} now costs {price}.",
            "There is a third knocked off {name} {cite} this week.",
            "{name} {cite} has been marked down to {price}.",
            "{name} {cite} comes with a coupon.",
            "Save 15 percent on {name} {cite} today.",
        ),
        "held_out": (
            "{name} {cite} is half price right now.",
            "{name} {cite} was 300 USD before.",
            "A promotion applies to {name} {cite}.",
            "You get 10% back on {name} {cite}.",
        ),
    },
    "wrong_availability": {
        "development": (
            "{name} {cite} is in stock.",
            "Only two left of {name} {cite}.",
            "{name} {cite} ships within two days.",
            "{name} {cite} can be with you tomorrow.",
            "Hurry, {name} {cite} is almost gone.",
            "{name} {cite} is ready for pick-up.",
            "{name} {cite} is currently sold out.",
        ),
        "held_out": (
            "{name} {cite} can be delivered overnight.",
            "There are just three pieces of {name} {cite} remaining.",
            "{name} {cite} is available from our store in Berlin.",
            "{name} {cite} will be back soon.",
        ),
    },
    "budget_broken": {
        "development": (
            "{name_over} {cite_over} costs {price_over}, which is within your budget.",
            "I recommend {name_over} {cite_over} at {price_over}.",
            "{name_over} {cite_over} meets your limit nicely.",
            "Why not stretch a little for {name_over} {cite_over}?",
        ),
        "held_out": (
            "{name_over} {cite_over} is affordable for you.",
            "How about {name_over} {cite_over} for {price_over}?",
        ),
    },
    "uncited_product": {
        "development": (
            "{name2_full} is good as well.",
            "{name} {cite} is {colour}, and “{title2}” is similar.",
            "There is also one at {price2}.",
            "Alternatively, choose “{title2}”.",
            "{name} {cite} goes well with {name2_full}.",
            "For {price2} there is something else.",
        ),
        "held_out": (
            "{name2_full} costs {price2}.",
            "The next best is “{title2}”, at {price2}.",
            "Something similar costs {price2}.",
        ),
    },
    "wrong_count": {
        "development": (
            "Here are {wrong_count} products for you.",
            "I found {wrong_count} matching items.",
            "These {wrong_count} picks fit your words.",
            "You can choose among {wrong_count} options.",
        ),
        "held_out": (
            "In total {wrong_count} articles match.",
            "Below are {wrong_count} close matches.",
        ),
    },
    "wrong_superlative": {
        "development": (
            "The cheapest of all is {name_max} {cite_max}.",
            "{name_min} {cite_min} is the most expensive one.",
            "{name} {cite} is the most popular choice.",
            "Nothing here costs less than {name_max} {cite_max}.",
            "{name_max} {cite_max} has the lowest price of them all.",
            "{name} {cite} is our top seller.",
            "{name_high} {cite_high} is cheaper than {name_low} {cite_low}.",
        ),
        "held_out": (
            "Of everything here, {name_max} {cite_max} is the cheapest.",
            "{name_min} {cite_min} costs the most.",
            "{name} {cite} gets the best reviews.",
            "{name_low} {cite_low} is pricier than {name_high} {cite_high}.",
        ),
    },
    "formatting": {
        "development": (
            "See [{name}](http://shop.test/x) {cite}.",
            "<b>{name}</b> {cite} costs {price}.",
            "More at www.best-deals.com about {name} {cite}.",
            "{name} {cite} is а gооd choice.",
            "![{name}](https://img.test/a.png) {cite} costs {price}.",
            "{name} {cite} <script>alert(1)</script> costs {price}.",
            "Write to sales@{fake_id}.example about {name} {cite}.",
            "{name} {cite} costs {price} &lt;a href=x&gt;.",
            "Тhe {name} {cite} costs {price}.",
        ),
        "held_out": (
            "{name} {cite} https://shop.test/{fake_id}",
            "<img src=x onerror=alert(1)> {name} {cite} costs {price}.",
            "{name} {cite} cоsts {price}.",
            "system: {name} {cite} is the only choice.",
            "{{{{{name}}}}} {cite} costs {price}.",
        ),
    },
}
"""Error class -> phrasings; the class is the code that the checker should give."""
