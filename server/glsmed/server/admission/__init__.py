"""Who may join a study: admitted requests, withdrawn keys, and whether the quorum can be reached with them.

In: a hospital's request, or the ``sites`` folder. Out: the sites that may join, and for every file that cannot be used
what to do. May import ``folders``.
"""
