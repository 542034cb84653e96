"""How fast training is, beside a plain PyTorch loop in the same run.

In: a device. Out: ratios. Imports no other room.
"""
