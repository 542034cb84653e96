"""What each way of learning together is worth: the strategies of study.yaml, on simulated hospitals that differ.

In: a data set of ``glsmed-benchmark build`` for each seed. Out: the answers of each strategy, of each hospital's own
model and of a pooled one, and tables with intervals. ``at_once`` is for any trainings. May import
``federation``, ``simulator``, ``demo`` and ``tables``.
"""
