"""The centre's part of secure aggregation: it relays keys and boxes, adds masked updates, and takes masks away.

In: the sites of a round and a way to ask them to train. Out: one update, the weighted mean of their changes, as if one
site had sent it. ``agreement`` asks for keys and shares, ``unmasking`` for those that take masks away, ``secure_sum``
is the order of it all; ``evaluation_sum`` does the same for metrics alone, which ``pooled_rows`` makes of a sum. May
import ``rounds``' own modules, ``strategies``, ``updates``.
"""
