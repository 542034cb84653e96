"""A round on several devices: one worker process per device, gradients averaged by DistributedDataParallel.

In: the same round plan as for one device. Out: the same weights, within rounding. The pool lives in the resident
process and sends each worker its part of every batch; workers hold no data. May import ``steps``.
"""
