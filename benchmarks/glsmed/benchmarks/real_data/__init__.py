"""Real examinations, real reports, and a truth of their own: what doubt is worth outside a simulation.

In: a data set as docs/dataset.md describes it. Out: answers of every method for test patients, and tables. May import
``comparison``, ``methods``, ``federation``, ``tables`` and the simulator's reading; nothing imports it but commands.
"""
