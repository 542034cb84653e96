"""The mathematics of learning from doubt at a site: pure functions on tensors, no files, no models.

Corrections for a labeller's errors, guards of negative smoothing rates, the gold gate, targets that weigh the image
beside the words, and the curves of output calibration. May import nothing of the client.
"""
