"""The chat server's script: `streamlit run` executes it for every page view, `shoplens ui` starts it."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

st.set_page_config(page_title="shoplens", page_icon="🔎", layout="centered")
st.logo(_HERE / "logo.svg", size="large")
st.html(_HERE / "style.css")
page = st.navigation(
    [
        st.Page(_HERE / "views" / "chat.py", title="Chat", icon=":material/forum:", default=True),
        st.Page(
            _HERE / "views" / "evaluation.py",
            title="Evaluation",
            icon=":material/query_stats:",
            url_path="evaluation",
        ),
    ],
    position="top",
)
page.run()
