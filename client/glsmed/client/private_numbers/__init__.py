"""Numbers of a private study that may leave a site: made of noisy counts, and of nothing else of its patients.

In: what a model says of a split, whose it is, and the noise that was paid for. Out: counts to which one patient adds no
more than the noise covers (``noisy_counts``), and the metrics that follow from them (``noisy_metrics``). Whether they
go is the egress policy's say. May import ``data``, ``egress``, ``evaluation``, ``learning`` and ``training``.
"""
