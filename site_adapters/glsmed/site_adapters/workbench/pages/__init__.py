"""The workbench in the browser: reports, what to customise, what is suggested, what to calibrate.

In: a workbench. Out: its pages as a local site. Each module answers the addresses of one page; ``site`` puts them
together. May import the workbench and the rooms below it.
"""
