"""Tables and bars of an evaluation, as HTML in which nothing from a catalogue is markup."""

from collections.abc import Sequence

from ui.model import Json
from ui.words import in_html

SUITES = {
    "known-item": "Known items: a product's own text must find that product",
    "attribute": "Attributes: colour + type, colour + type + for whom",
    "typed": "Shopper-style queries of every type",
}
_SIGNIFICANT = 0.05
_MOST_COLOURS = 4


def suite_html(suite: Json) -> str:
    """A suite's metrics: a row a method, means with their 95% intervals and differences."""
    names = list(suite["rows"][0]["scores"])
    head = "".join(f'<th scope="col">{in_html(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{in_html(method_name(row["method"]))}</th>'
        + "".join(f"<td>{_score(row['scores'][name])}</td>" for name in names)
        + "</tr>"
        for row in suite["rows"]
    )
    title = SUITES.get(suite["suite"]) or str(suite["suite"])
    return (
        f'<div class="scores"><table><caption>{in_html(title)} · {suite["queries"]:,} queries</caption>'
        f'<thead><tr><th scope="col">method</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def bars_html(slices: Sequence[Json], methods: Sequence[str]) -> str:
    """Breakdowns as bars with lines for their 95% intervals: one group a slice, one bar a method."""
    key = "".join(
        f'<span class="key m{place % _MOST_COLOURS}">{in_html(method_name(method))}</span>'
        for place, method in enumerate(methods)
    )
    rows = "".join(_bars(part, methods) for part in slices)
    return f'<div class="bars"><p class="keys">{key}</p>{rows}</div>'


def method_name(name: str) -> str:
    """``identity`` is the adapters' word for what the tables call zero-shot."""
    return "zero-shot" if name == "identity" else name


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _bars(part: Json, methods: Sequence[str]) -> str:
    bars = []
    for place, method in enumerate(methods):
        score = part["scores"][method]
        low, high, mean = (percent(score[name]) for name in ("low", "high", "mean"))
        bars.append(
            f'<div class="bar m{place % _MOST_COLOURS}" role="img" '
            f'aria-label="{in_html(method_name(method))}: {mean} percent, {low} to {high}">'
            f'<span class="track"><span class="fill" style="width:{mean}%"></span>'
            f'<span class="whisker" style="left:{low}%;width:{float(high) - float(low):.1f}%"></span>'
            f"</span><span>{mean}</span></div>"
        )
    return (
        f'<div class="group"><div><b>{in_html(part["name"])}</b>'
        f"<small>{part['queries']:,} queries</small></div><div>{''.join(bars)}</div></div>"
    )


def _score(score: Json) -> str:
    interval = f"<small>{percent(score['low'])} to {percent(score['high'])}</small>"
    shown = f"<b>{percent(score['mean'])}</b>{interval}"
    if score["difference"] is None or score["p"] is None:
        return shown
    tone = "quiet"
    if score["p"] < _SIGNIFICANT:
        tone = "better" if score["difference"] > 0 else "worse"
    p = "&lt; 0.001" if score["p"] < 0.001 else f"{score['p']:.3f}"
    points = f"{100 * score['difference']:+.1f}".replace("-", "−")
    return f'{shown}<small class="{tone}">{points}, p {p}</small>'
