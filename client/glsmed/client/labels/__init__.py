"""From reports to soft targets: the label table with the words behind each target, and what is learned from gold.

In: the site's reports, its adapter and its gold labels. Out: one row per examination and finding
(``label_table``, for a site ``site_labels``), and training targets with the site's base rate (``training_targets``).
The table never leaves the site. May import ``data`` and ``learning``.
"""
