"""Which cell is asked about next, so that a label is worth much and calibration stays unbiased.

In: what the reports say, and how many cells of each stratum have labels. Out: how many to ask of each stratum, and what
each label weighs. The formulas stand in docs/labelling.md. May import ``learning``.
"""
