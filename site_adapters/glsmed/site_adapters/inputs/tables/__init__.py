"""Tables that people and spreadsheets write: read row by row, or refused with the line of every fault.

In: a CSV file in any usual encoding and with any usual separator. Out: rows by column name, notes on what was
tolerated, faults. ``identifiers`` knows what spreadsheets do to identifiers, ``file_names`` finds the files that a
table names. May be imported by whoever reads a site's tables; imports nothing of this package but ``inputs``.
"""
