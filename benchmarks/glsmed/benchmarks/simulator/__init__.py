"""Data sets with a known truth: pictures, readers with habits of hedging, and the hospitals written to disk.

In: a scenario and a source of pictures (drawn, or a real data set). Out: images, reports, gold labels. May import
``reading_room`` and ``corpora``.
"""
