"""What the centre keeps on disk: the study folder, its certificates, and the folder of a run.

In: facts to remember. Out: files that are written whole or not at all, readable after any crash. May import
``flower`` for its settings.
"""
