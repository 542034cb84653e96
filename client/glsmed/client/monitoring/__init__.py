"""What a hospital sees of its own part: a line for each round on the console, and Prometheus metrics on loopback.

The resident process notes events in a file of the state folder (``site_events``); ``glsmed-client`` follows it
(``site_monitor``). In: sums over a round. Out: words and numbers for this machine, nothing of any patient and nothing
that leaves. May import ``settings``.
"""
