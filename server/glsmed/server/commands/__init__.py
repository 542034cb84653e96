"""The commands of ``flwr-server``, one file each: the signature that a person sees, and what it prints.

In: a command line. Out: a study folder, an admitted site, a running study, an exit code. A new command is a file here
and an entry in ``cli``. May import every room.
"""
