"""How well and how fast reports are read, against public gold, other tools, and what is required.

In: corpora and adapters. Out: rows with a number, its requirement and what stands behind it. May import ``corpora``.
"""
