"""What is wrong with an adapter: one rule a function, grouped by what they look at.

In: an adapter file. Out: faults and warnings with their lines. ``rules`` lists all rules, ``lint_context`` is what a
rule sees. May import ``reading``, ``adapter`` and ``text``.
"""
