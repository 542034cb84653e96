"""Runs of methods against each other: splits, arms, seeds, tuning, and the answers that are kept.

In: simulated hospitals and methods. Out: predictions on test patients, one file per finished job. May import
``methods`` and ``simulator``; ``tables`` makes figures of what is kept.
"""
