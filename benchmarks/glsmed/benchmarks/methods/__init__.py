"""Ways of learning from doubted labels, by one interface: ours and everyone else's.

In: cells with their posterior, images. Out: targets, a loss, a trained network. A new method goes here and into
``catalogue``. May import ``simulator``.
"""
