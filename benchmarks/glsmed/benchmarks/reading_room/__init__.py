"""Simulated radiology: drawn radiographs, the reader's doubt, and reports in three languages.

In: a random generator and a hospital's character. Out: pictures and sentences. Imports no other room.
"""
