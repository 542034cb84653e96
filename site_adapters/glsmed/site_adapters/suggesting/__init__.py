"""Hedges that an adapter does not know yet, with the YAML line that would add each.

In: reports of a hospital. Out: phrases near findings, most useful first. May import ``lint``, ``reading``,
``adapter``, ``inputs`` and ``text``.
"""
