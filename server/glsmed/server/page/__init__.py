"""The centre's page: how a study stands, in the browser of whoever runs it, while it runs and afterwards.

In: the study folder as it is. Out: a local site on loopback, whose content is that of ``report.html``. It runs in a
process of its own and only reads. May import ``folders``, ``monitoring`` and ``reporting``.
"""
