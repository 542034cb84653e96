"""What sites may share of what their words mean: counts per cue, and the prior that the centre makes of them.

In: how often a cue was followed by a positive gold label. Out: a Beta prior per cue, shifted per family of cues.
Counts only; never a text. May import ``files`` and ``errors``.
"""
