"""Every table and figure of adapters in docs/results.md: ``python -m training.experiments``.

A *run* trains one adapter and measures it; runs are kept as files, so that an interrupted script goes on,
and tables and figures are views on them.
"""
