"""The model's answers as HTML pages for people: the worklist, and one examination explained.

In: results of this room. Out: one self-contained file each. ``page`` renders the templates beside it. May import the
other modules of ``model_use``.
"""
