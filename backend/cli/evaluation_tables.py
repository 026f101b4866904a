"""An evaluation for a person at a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backend.presentation import printable
from training.evaluation.report import p_value, percent, points
from training.evaluation.result import Evaluation, Score


def print_evaluation(evaluation: Evaluation, out: Console) -> None:
    """Headline figures of each suite, then by query type, then the errors."""
    out.print(
        Text(
            f"{evaluation.products:,} products of {printable(evaluation.catalogue)}, split "
            f"{evaluation.split}, encoder {printable(evaluation.encoder)}; percent with 95% intervals"
        )
    )
    for suite in evaluation.suites:
        names = list(suite.rows[0].scores)
        table = Table("method", *names, title=f"{suite.suite} ({suite.queries:,} queries)")
        for row in suite.rows:
            table.add_row(Text(printable(row.method)), *(_cell(row.scores[name]) for name in names))
        out.print(table)
    if evaluation.slices:
        out.print(_breakdown(evaluation, "type"))
        out.print(_breakdown(evaluation, "category"))
    for cost in evaluation.index:
        out.print(
            f"index {printable(cost.index)}, {cost.suite}: {percent(cost.overlap.mean)}% of the ten "
            f"nearest found; {cost.metric} {percent(cost.approximate.mean)} through the graph, "
            f"{percent(cost.exact.mean)} exact",
            markup=False,
        )
    for name, total in evaluation.failed.items():
        table = Table("error", "queries", title=f"errors: {name} ({total:,} failed queries)")
        for error in evaluation.errors:
            if error.suite == name:
                table.add_row(error.name, f"{error.count:,}")
        out.print(table)
    if len(evaluation.methods) > 1:
        out.print(f"known items won: {evaluation.won:,}, lost: {evaluation.lost:,}")


def _breakdown(evaluation: Evaluation, by: str) -> Table:
    methods = [printable(name) for name in evaluation.methods]
    table = Table("suite", f"query {by}" if by == "type" else by, "queries", "metric", *methods)
    for part in evaluation.slices:
        if part.by == by:
            cells = (_cell(part.scores[name]) for name in evaluation.methods)
            name = Text(printable(part.name))
            table.add_row(part.suite, name, f"{part.queries:,}", part.metric, *cells)
    return table


def _cell(score: Score) -> Text:
    text = Text.assemble(
        (percent(score.mean), "bold"), (f" {percent(score.low)}-{percent(score.high)}", "dim")
    )
    if score.difference is not None and score.p is not None:
        colour = "dim" if score.p >= 0.05 else "green" if score.difference > 0 else "red"
        text.append(f"\n{points(score.difference)}, p {p_value(score.p)}", colour)
    return text
