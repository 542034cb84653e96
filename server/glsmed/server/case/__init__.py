"""The consortium's case for management, from what hospitals let go and the centre's prices.

In: the study's record. Out: rates with draws, for the page that ``glsmed.shared.case`` makes. May import
``reporting``.
"""
