"""What the image cache keeps on disk, and how it survives being killed.

In: paths and decoded squares. Out: rows that need not be decoded again. ``file_keys`` tells one version of a file from
another, ``stored_rows`` reads a finished cache, ``partial_rows`` an unfinished one. May import nothing of ours but
errors and files.
"""
