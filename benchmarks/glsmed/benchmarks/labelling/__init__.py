"""What choosing the cells to label is worth: labels that drawn hospitals need, chosen for worth and at random.

In: nothing. Out: for each hospital, how many labels reach a hedged Brier score, and whether calibration is biased. Uses
the reading room's readers and writers, without pictures. May import ``reading_room`` and ``simulator``.
"""
