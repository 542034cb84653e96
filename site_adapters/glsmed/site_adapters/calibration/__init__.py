"""What words mean at one hospital: cue probabilities fitted to its gold labels, and how good they are.

In: cells and gold labels. Out: a calibration file with a posterior per cue, scores, a comparison of two adapters.
Cues borrow strength from their family and their prior (``hierarchy``). May import ``reading``, ``adapter`` and
``inputs``.
"""
