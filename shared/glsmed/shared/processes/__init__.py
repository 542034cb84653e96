"""Child processes that end with their parent, their logs and metrics, and the frame of every command line.

In: a program to start. Out: its exit, told once. ``command_line`` turns errors into one line and an exit code; ``logs``
decides what a line looks like, ``log_files`` how large a log becomes; ``metrics_endpoint`` serves numbers on loopback.
May import ``errors``.
"""
