"""One round of local training, by whichever way the study and the machine ask for.

``round_training`` chooses: ``steps`` on one device, ``worker_pool`` on several, ``differential_privacy`` where the
study asks for it. In: a model, examples, the round's number. Out: the trained model and a summary. May import
``data`` and ``learning``.
"""
