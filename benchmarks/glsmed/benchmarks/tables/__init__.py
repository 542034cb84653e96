"""Figures of finished comparisons: means, paired intervals, calibration beside its chance level, plots.

In: the answers that ``comparison`` keeps. Out: Markdown, HTML and JSON. May import ``comparison`` and ``methods``.
"""
