"""Gold labels by click and key: answers, which cell is asked next, agreement of readers, the gold file.

In: the manifest, the adapter, readers' answers. Out: a store of answers, gold.csv, Label Studio files. It never leaves
the site. May import ``data`` and ``learning``.
"""
