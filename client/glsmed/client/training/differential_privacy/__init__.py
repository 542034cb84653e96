"""Training with differential privacy, the patient as the unit, and the account of what it has cost.

In: a round plan and the study's privacy settings. Out: changed weights, after the steps were paid for on disk.
``privacy_ledger`` keeps the account and refuses what would exceed it (Opacus computes epsilon); ``private_training``
runs the round; ``patient_steps`` clips whole gradients, ``ghost_steps`` only their norms. May import ``steps``.
"""
