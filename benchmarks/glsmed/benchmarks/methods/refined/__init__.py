"""Ways to learn that are asked about where there is a truth beside the reports: gold alone, a published rival, trials.

In: cells and batches, as for every method. Out: targets and losses. May import the methods beside it; the catalogue
alone imports this room.
"""
