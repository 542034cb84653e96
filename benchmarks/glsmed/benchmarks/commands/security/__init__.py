"""The commands about attacks and what protects from them: ``attacks`` and ``privacy``.

Each is one file with a Typer function, as in the room around it. In: options. Out: tables in a folder and on the
screen.
"""
