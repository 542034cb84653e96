"""The commands about who takes part: ``admit``, ``certify``, ``sites`` and ``withdraw``.

Each is one file with a Typer function, as in the room around it, whose options it may import. In: words of the command
line. Out: what the operator reads.
"""
