"""Training with differential privacy, the patient as the unit, and the account of what it has cost.

In: a round plan and the study's privacy settings. Out: changed weights, after the step was paid for on disk.
``patient_steps`` clips whole gradients, ``ghost_steps`` only their norms; accounting is Opacus'. May import
``steps``.
"""
