"""What choosing gold labels is worth: one command.

In: options. Out: a table and its numbers in a folder. May import ``labelling`` and ``simulator``.
"""
