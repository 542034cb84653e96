"""Published tables of examinations made into data sets.

In: a CSV, its images, and a YAML that says which column is what. Out: a folder as docs/dataset.md describes it. May
import ``real_data``'s description and the writing of hospital folders.
"""
