"""Commands that serve pages to the browser of this machine.

In: what is typed. Out: a local site until Ctrl-C. As in the folder above, what a command needs is imported when it
runs; nothing imports a command but ``cli``.
"""
