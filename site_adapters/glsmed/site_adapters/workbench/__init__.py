"""The workbench: all reports as an adapter reads them, and what a change to its file would change in them at once.

In: an adapter file, reports; gold labels, pictures and image probabilities where there are any. Out: a changed file,
its version raised. ``pages`` shows it in the browser; all else knows nothing of pages. May import every other room but
the commands.
"""
