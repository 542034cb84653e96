"""Pages that a program serves to the browser of the person who started it: loopback only, one token, no other host.

In: routes, templates, words. Out: a running local site. A room describes its pages with ``LocalSite``; ``serve`` and
``serving`` run it, ``render`` answers with a page, whose templates say their words by ``t`` (``say`` of
``pages``), ``form_of`` reads what was sent. May import ``errors`` and ``pages``.
"""
