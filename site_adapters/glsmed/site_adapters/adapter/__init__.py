"""An adapter file, from YAML to a checked object: vocabulary, findings, cues, grammar.

In: an adapter file and those that it extends. Out: an ``Adapter`` and the ``Lexicon`` that reading looks words up in;
or every fault with its line. ``schema`` is the file's form, ``layers`` reads a file and its parents, ``loader`` merges
them and checks the whole; ``drafts`` hold what they have said so far; ``components`` loads a hospital's own rules,
where it has some. May import ``text``.
"""
