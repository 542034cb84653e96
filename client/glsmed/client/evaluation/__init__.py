"""How good a model is at this site, and what it needs to be used here.

In: a model and a split. Out: metrics per finding (``evaluation``), the curves that make its probabilities hold here
(``output_calibration_fit``), the model that the site keeps (``shipped_model``), a model trained without the
federation (``local_training``), and whether negative smoothing rates help (``negative_rate_gate``). May import
``training``, ``learning`` and ``data``.
"""
