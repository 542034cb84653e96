"""What a round costs: seconds, bytes and memory of a federation of real processes on this machine.

In: settings. Out: figures, ready for JSON. ``study_set_up`` makes a study with its sites, ``federation_run`` runs it
under the ``instruments``, ``light_site`` stands for many hospitals in one process, ``flower_app`` is Flower's own
FedAvg with the same arrays, ``measure`` puts all together. May import ``demo`` for its programs.
"""
