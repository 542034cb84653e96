"""Training with differential privacy, the patient as the unit.

In: a round plan, the study's privacy settings, a ledger. Out: changed weights, after the steps were paid for.
``private_training`` runs the round; ``patient_steps`` takes many patients in a pass (``layer_passes``,
``patient_gradients``), ``single_steps`` one after the other; ``noisy_steps`` ends both with noise from
``secret_random``. ``noisy_offset`` gives the base-rate offset of a private study. May import ``steps``.
"""
