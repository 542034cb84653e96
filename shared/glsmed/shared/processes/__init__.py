"""Child processes that end with their parent, and the frame of every command line.

In: a program to start. Out: its exit, told once. ``command_line`` turns errors into one line and an exit code. May
import ``errors``.
"""
