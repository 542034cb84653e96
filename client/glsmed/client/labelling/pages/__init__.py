"""The pages of ``glsmed-client label``: one examination after the other, adjudication, progress.

In: a session. Out: a local site. Templates in ``templates/``, scripts and style in ``static/``. May import the rest of
``labelling`` and ``data``.
"""
