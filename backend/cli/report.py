"""What a catalogue was understood to be, for a person."""

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from backend.cli.console import results
from backend.presentation import printable
from retriever.catalogue import CheckReport, FieldSummary
from retriever.wording import shorten

_ROWS_A_REASON = 5
_WARNINGS = 8
_EXAMPLE_LENGTH = 60


def print_report(report: CheckReport) -> None:
    """Print a report for a person: counts, roles, fields, what was set aside, warnings."""
    out = results()
    out.print(
        f"[bold]{report.kept:,}[/] of {report.rows:,} products can be indexed from "
        f"[bold]{escape(printable(report.source))}[/] ({report.format})"
    )
    if report.smallest_picture and report.largest_picture:
        small, large = (
            "{} x {}".format(*size) for size in (report.smallest_picture, report.largest_picture)
        )
        out.print(f"pictures from {small} to {large} pixels")
    out.print("\n[bold]What the columns are taken for[/]")
    out.print(_roles(report))
    out.print("\n[bold]Fields[/]")
    out.print(_fields(report))
    for kind, rows in report.set_aside_by_kind().items():
        out.print(f"\n[bold yellow]{len(rows):,} set aside[/]: {kind}")
        for item in rows[:_ROWS_A_REASON]:
            out.print(Text(f"  {report.row_word} {printable(str(item))}"), soft_wrap=True)
        if len(rows) > _ROWS_A_REASON:
            out.print(f"  and {len(rows) - _ROWS_A_REASON:,} more; --json lists all")
    if report.warnings:
        out.print("\n[bold yellow]warnings[/]")
        for warning in report.warnings[:_WARNINGS]:
            out.print(Text(f"  {printable(warning)}"), soft_wrap=True)
        if len(report.warnings) > _WARNINGS:
            out.print(f"  and {len(report.warnings) - _WARNINGS:,} more; --json lists all")


def _roles(report: CheckReport) -> Table:
    table = Table("role", "column")
    for role, column in report.roles.items():
        table.add_row(role, escape(printable(column)))
    if report.unused:
        table.add_row("[dim]not used[/]", Text(printable(", ".join(report.unused)), style="dim"))
    return table


def _fields(report: CheckReport) -> Table:
    table = Table("field", "type", "filled", "values", "examples")
    for summary in report.fields:
        table.add_row(
            summary.name if summary.filterable else f"[dim]{summary.name}[/]",
            _type(summary),
            f"{summary.filled / max(report.rows, 1):.0%}",
            f"{summary.distinct:,}" + ("" if summary.distinct_exact else "+"),
            Text(_examples(summary)),
        )
    return table


def _type(summary: FieldSummary) -> str:
    if not summary.filterable:
        return "[dim]text, not a filter[/]"
    return f"list of {summary.type}s" if summary.is_list else str(summary.type)


def _examples(summary: FieldSummary) -> str:
    if summary.low is not None and summary.high is not None:
        return f"{summary.low:g} to {summary.high:g}"
    return shorten(printable(", ".join(summary.examples)), _EXAMPLE_LENGTH)
