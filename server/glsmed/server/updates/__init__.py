"""From the sites' replies to the next model, one stretch at a time: checked, then merged, never whole in memory.

In: replies as they arrived, the model that the round began with. Out: the next model's stretches, or the reason why an
update does not count. ``update_checks`` refuses before an update counts. May import ``strategies``, ``folders``.
"""
