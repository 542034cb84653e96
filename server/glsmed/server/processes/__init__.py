"""The centre's processes: the supervisor and the programs that it starts and restarts.

``supervisor`` runs Flower's SuperLink and executor and goes on with a run after a crash; ``serverapp`` is the
ServerApp that the executor starts. In: a study folder. Out: a finished run folder. May import ``rounds``,
``folders``, ``flower``, ``monitoring``.
"""
