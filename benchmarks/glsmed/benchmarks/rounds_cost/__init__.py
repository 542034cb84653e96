"""What a round costs: seconds, bytes and memory of a federation of real processes on this machine.

In: settings. Out: figures, ready for JSON. ``line`` counts and slows what passes between sites and centre, ``memory``
samples the centre, ``study_set_up`` makes a study with its sites, ``federation_run`` runs it, ``light_site`` stands for
many hospitals in one process, ``flower_app`` is Flower's own FedAvg with the same arrays. May import ``demo`` for its
programs, and the centre's folders.
"""
