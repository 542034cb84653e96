"""Three hospitals train together on this machine, by the commands that real ones use.

In: nothing but a folder to write to. Out: a table, ``summary.json``, ``report.html``. May import ``reading_room`` and
``tables``.
"""
