"""The last evaluations: their tables, their breakdowns, and the rank of every query."""

import streamlit as st

from ui.evaluation.ranks import ORDERS, RankChange, changes
from ui.evaluation.scores import SUITES, bars_html, suite_html
from ui.model import Json
from ui.session import backend, evaluation
from ui.words import in_html

_BREAKDOWNS = (
    ("type", "known-item", "Known items by what their text names"),
    ("type", "typed", "Shopper-style queries by type"),
    ("category", "known-item", "Known items by category"),
    ("category", "typed", "Shopper-style queries by category"),
)
_ROWS = 500


def draw_report() -> None:
    """Choose an evaluation and look at it. Raises `BackendError`."""
    kept = backend().evaluations()
    if not kept:
        st.info(
            "No evaluation was kept yet. Make one with `shoplens eval CATALOGUE --adapter NAME`, "
            "with the data folder of the backend.",
            icon=":material/query_stats:",
        )
        return
    chosen = st.selectbox(
        "Evaluation",
        kept,
        format_func=lambda item: f"{item['name']} ({item['created']})",
        key="evaluation",
    )
    result = evaluation(backend().url, chosen["name"], chosen["created"])
    st.html(
        f'<p class="quiet">{result["products"]:,} products of the {in_html(result["split"])} split of '
        f"{in_html(result['catalogue'])} · encoder {in_html(result['encoder'])} · "
        f"{in_html(result['created'])} · percent, with 95% intervals; differences are from "
        f"{in_html(result['methods'][0])}</p>"
    )
    for suite in result["suites"]:
        st.html(suite_html(suite))
    _breakdowns(result)
    _ranks(result)


def _breakdowns(result: Json) -> None:
    found = {
        title: [s for s in result["slices"] if (s["by"], s["suite"]) == (by, suite)]
        for by, suite, title in _BREAKDOWNS
    }
    found = {title: slices for title, slices in found.items() if slices}
    if not found:
        return
    st.subheader("Breakdowns", anchor=False)
    for tab, (_, slices) in zip(st.tabs(list(found)), found.items(), strict=True):
        with tab:
            st.html(f'<p class="quiet">{in_html(slices[0]["metric"])}, percent</p>')
            st.html(bars_html(slices, result["methods"]))


def _ranks(result: Json) -> None:
    st.subheader("Every query", anchor=False)
    if not result.get("queries"):
        st.info(
            "This evaluation was kept without the ranks of its queries; run `shoplens eval` again."
        )
        return
    methods: list[str] = result["methods"]
    present = dict.fromkeys(query["suite"] for query in result["queries"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        suite = st.selectbox(
            "Suite", list(present), key="rank-suite", width=150, help=_suites(list(present))
        )
        order = st.selectbox("First", ORDERS, key="rank-order", width=150)
        before = st.selectbox("Compare", methods, key="rank-before", width=150)
        after = st.selectbox("with", methods, len(methods) - 1, key="rank-after", width=150)
    rows = changes(
        result["queries"], before, after, depth=result["depth"], suite=suite, order=order
    )
    st.caption(_counted(rows, result["depth"]))
    st.dataframe(
        [_row(item, before, after) for item in rows[:_ROWS]],
        hide_index=True,
        height=380,
        alt="Queries with the rank of their first right product before and after, and the change",
        column_config={
            "query": st.column_config.TextColumn(width="large"),
            "change": st.column_config.NumberColumn(format="%+d"),
        },
    )


def _row(item: RankChange, before: str, after: str) -> dict[str, object]:
    """Columns of the table; two equal methods would share a name."""
    later = after if after != before else f"{after} (again)"
    return {
        "query": item.text,
        "category": item.category,
        before: item.before,
        later: item.after,
        "change": item.change,
    }


def _counted(rows: list[RankChange], depth: int) -> str:
    better = sum(row.change > 0 for row in rows)
    worse = sum(row.change < 0 for row in rows)
    shown = f"; the first {_ROWS:,} are shown" if len(rows) > _ROWS else ""
    return (
        f"{better:,} of {len(rows):,} queries find their product earlier, {worse:,} later{shown}. "
        f"An empty rank is one beyond {depth}."
    )


def _suites(names: list[str]) -> str:
    return "  \n".join(f"{name}: {SUITES.get(name, name)}" for name in names)
