"""How good a model is at this site, and what it needs to be used here.

In: a model and a split. Out: metrics per finding; the output calibration fitted on the site's gold labels; the model
that the site keeps (``shipped_model``); a model trained without the federation (``local_training``); whether negative
smoothing rates help here (``negative_rate_gate``). May import ``training``, ``labels``, ``learning`` and ``data``.
"""
