"""A hospital's own page: what left, what is left of its budgets, what comes next, drift, and the machine.

In: the state folder and config.yaml; nothing is asked of the centre, and nothing is written. Out: a local site on
loopback for whoever looks after the installation. May import ``after_study``, ``egress``, ``labels``,
``monitoring`` and ``settings``.
"""
