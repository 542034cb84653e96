"""What trainings on real data came to: means, paired differences, labels saved, unseen hospitals, as one page.

In: a plan and the folder of its trainings. Out: tables.md, report.html and summary.json. May import ``real_data`` and
``tables``.
"""
