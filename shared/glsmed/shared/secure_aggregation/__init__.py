"""Secure aggregation: the centre learns the sum of three or more sites' changes, and no single one of them.

In: changes, keys, shares. Out: masked vectors of whole numbers, and the sum. ``fixed_point`` and ``masks`` are the
arithmetic, ``signed_keys``, ``key_agreement`` and ``shares`` the keys, ``exchange`` what all sites of a round agree on,
``roster`` who they are. The protocol is Bonawitz et al., CCS 2017; the primitives are libraries'. May import
``errors``, ``files``, ``protocol``, ``wire``.
"""
