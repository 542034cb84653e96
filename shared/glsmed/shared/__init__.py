"""What the centre and the hospitals agree on: the study, the messages, the models, the metrics.

A module belongs here if both ends import it. The loss (``smoothing``) is the one exception: researchers use it alone.
``errors`` holds the tree of all errors, ``findings`` the canonical names, ``models`` the networks, ``protocol`` the
messages. Imports nothing else of glsmed.
"""
