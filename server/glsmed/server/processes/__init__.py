"""The centre's processes: the supervisor and the programs that it starts and restarts.

``supervisor`` runs Flower's SuperLink and the round process and goes on with a run after a crash; ``serverapp`` is
what the round process does with a run; ``first_model`` makes the model that a study begins with. In: a study folder.
Out: a finished run folder. May import ``rounds``, ``admission``, ``monitoring``, ``folders``,
``flower``.
"""
