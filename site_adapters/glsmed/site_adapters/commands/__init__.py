"""The commands of ``glsmed-adapter``, one file each: the signature that a person sees, and what it prints.

In: a command line. Out: JSON lines, tables, files, an exit code. A new command is a file here and an entry in
``cli``. May import every room.
"""
