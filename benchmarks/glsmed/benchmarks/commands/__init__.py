"""The commands of ``glsmed-benchmark``, one file each: the signature that a person sees, and what it writes.

In: a command line. Out: JSON and Markdown with figures. May import every room.
"""
