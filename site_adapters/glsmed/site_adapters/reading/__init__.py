"""From sentences to cells: mentions of findings, the cues that reach them, and one state per finding.

In: a text. Out: cells with probability, spread and evidence. ``scopes`` decides how far a cue reaches,
``comma_scope`` how lists carry it on, ``assertions`` which cue wins on a mention, ``reader`` which statement wins in
a report. ``spacy_component`` offers the reader to any spaCy pipeline as ``glsmed_reader``. May import ``adapter`` and
``text``.
"""
