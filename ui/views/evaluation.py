"""The evaluation page: what was measured, and what an adapter changes about a query of one's own."""

import streamlit as st

from ui.errors import BackendError
from ui.evaluation.report import draw_report
from ui.evaluation.side_by_side import draw_side_by_side
from ui.session import backend
from ui.states import draw_failure, draw_not_ready


def main() -> None:
    """Draw the page."""
    try:
        reason = backend().why_not_ready()
        if reason:
            draw_not_ready(reason)
            return
        st.title("Evaluation", anchor=False)
        st.subheader("One query, side by side", anchor=False)
        draw_side_by_side()
        st.subheader("Measured", anchor=False)
        draw_report()
    except BackendError as error:
        draw_failure(error)


main()
