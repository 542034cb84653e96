"""Fetching images from a hospital's archive (PACS) into a folder, again and again until all are there.

In: the archive's address, a query, a folder. Out: files below it, and what could not be fetched. ``download`` works
with either kind of archive: ``dicomweb`` (QIDO-RS, WADO-RS) and ``dimse`` (C-FIND, C-GET). Nothing is ever stored at or
deleted from an archive here. May import ``image_record``.
"""
