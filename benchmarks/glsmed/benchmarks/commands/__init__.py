"""The commands of ``glsmed-benchmark``, one file each: the signature that a person sees, and what it writes.

In: a command line. Out: JSON and Markdown with figures. A new command is a file here and an entry in ``cli``. May
import every room.
"""
