"""How fast training is, beside a plain PyTorch loop in the same run, and how long a large site's check takes.

In: a device, or a folder for a drawn site. Out: ratios, seconds, memory. May import ``reading_room``.
"""
