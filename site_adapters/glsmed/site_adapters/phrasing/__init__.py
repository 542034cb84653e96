"""What the words around a finding do to a statement: where one ends, what a denial is of, which side, and when.

In: the hits of a sentence and its tokens. Out: the same hits with cues composed, silenced or carried on, boundaries
between statements, and the side and reach of each. Every list of words comes from the adapter's ``phrasing``. May
import ``adapter`` and ``text``.
"""
