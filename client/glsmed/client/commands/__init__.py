"""The commands of ``glsmed-client``, one file each: the signature that a person sees, and what it prints.

In: a command line. Out: lines on the terminal, files, an exit code. A new command is a file here and an entry in
``cli``. The work is done in the other rooms, any of which may be imported here.
"""
