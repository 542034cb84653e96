"""What a study was and did, for people: report, model card and data sheet, filled from the record alone.

In: the study folder as it is. Out: ``report.html``, ``model-card`` and ``data-sheet`` (Markdown and HTML) in the run
folder. Everything shown was in the run's files before; nothing is asked of a site. Runs in a process of its own, since
matplotlib is heavy. May import ``admission``, ``folders``, ``monitoring`` and ``rounds``.
"""
