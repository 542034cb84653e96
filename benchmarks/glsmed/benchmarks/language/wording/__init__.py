"""Wording that is often misread: checks of our own, by kind and language.

In: ``wording_checks.jsonl``. Out: how many of them hold. May import what the room around it may.
"""
