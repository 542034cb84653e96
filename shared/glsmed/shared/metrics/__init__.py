"""Metrics of probabilities against truth: ranking, calibration, decisions. Pure functions.

In: probabilities and 0/1 labels. Out: numbers by name. One definition of each metric for both ends. Imports nothing
of glsmed.
"""
