"""How a run looks from outside: its status, Prometheus metrics, and curves for TensorBoard or MLflow.

In: the files of a study folder, read only. Out: lines and numbers for people and their tools; nothing here can hold up
or stop a run. ``study_status`` is the one place that decides what is true of a run, also after a crash. May import
``folders``.
"""
