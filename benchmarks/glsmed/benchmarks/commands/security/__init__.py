"""The commands about attacks and what protects from them: ``attacks`` and ``privacy``.

Each is one file with a Typer function, which imports the room that does the work when it runs. In: options. Out: tables
in a folder and on the screen.
"""
