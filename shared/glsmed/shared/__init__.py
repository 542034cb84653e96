"""What the centre and the hospitals agree on: the study, the messages, the models, the metrics.

Only what both ends import belongs here, and the loss (``smoothing``), whose formulas are public. ``errors`` holds the
tree of all errors, ``models`` the networks. Imports nothing else of glsmed.
"""
