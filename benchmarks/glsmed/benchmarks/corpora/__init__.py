"""Readers of public corpora, which lie outside the project under ``$GLSMED_DATA``.

In: a folder. Out: texts and gold as dataclasses. Imports no other room.
"""
