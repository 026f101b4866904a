"""The report of an evaluation: one HTML file that needs nothing beside it."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from training.evaluation.result import Evaluation, write_text


def write_report(evaluation: Evaluation, path: Path) -> None:
    """Write `render_report` to a file. Raises `SettingsError` when it cannot be written."""
    write_text(path, render_report(evaluation))


def render_report(evaluation: Evaluation) -> str:
    """One HTML page: headline, breakdowns as bars, the index's cost, galleries. No scripts, no requests.

    Everything from the catalogue is escaped.
    """
    environment = Environment(
        loader=PackageLoader("training"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"percent": percent, "points": points, "p_value": p_value}
    return environment.get_template("evaluation.html").render(
        result=evaluation,
        baseline=evaluation.methods[0],
        shown=evaluation.methods[-1],
        breakdowns=[
            (title, found)
            for by, suite, title in _BREAKDOWNS
            if (found := [s for s in evaluation.slices if (s.by, s.suite) == (by, suite)])
        ],
        suite_names=_SUITES,
        summary=_summary(evaluation),
    )


def percent(value: float) -> str:
    """A share of 1 as a percentage with one decimal, without the sign."""
    return f"{100 * value:.1f}"


def points(value: float) -> str:
    """A difference of shares in percentage points, signed."""
    return f"{100 * value:+.1f}".replace("-", "−")


def p_value(value: float) -> str:
    """``p < 0.001`` or three decimals."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


_SUITES = {
    "known-item": "Known item: a product's own text must find that product",
    "attribute": "Attributes: colour + type, colour + type + for whom",
    "typed": "Typed: shopper-style queries of every type",
}
_BREAKDOWNS = (
    ("type", "known-item", "Known items by what their text names"),
    ("type", "typed", "Shopper-style queries by type"),
    ("category", "known-item", "Known items by category"),
    ("category", "typed", "Shopper-style queries by category"),
)


def _summary(evaluation: Evaluation) -> str:
    """The first thing to know, in a sentence."""
    for suite in evaluation.suites:
        if suite.suite == "known-item":
            score = suite.rows[-1].scores["Recall@10"]
            text = (
                f"{evaluation.methods[-1]} has the wanted product among the first ten for "
                f"{percent(score.mean)}% of {suite.queries:,} product texts"
            )
            if score.difference is None or score.p is None:
                return f"{text}."
            verdict = "significant" if score.p < 0.05 else "not significant"
            return (
                f"{text}, {points(score.difference)} points against {evaluation.methods[0]} "
                f"({verdict}, p {p_value(score.p)})."
            )
    return ""
