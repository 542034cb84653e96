"""Whether a study could start: what ``flwr-server check`` looks at, without starting or changing anything.

In: a study folder. Out: a ``CheckReport`` with lines for people, warnings and faults, each with its remedy. A new check
is a module here and a line in ``check``. May import ``admission``, ``folders``, ``flower``.
"""
