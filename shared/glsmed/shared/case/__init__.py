"""The case for management: what alerts, misses and minutes of a model cost a hospital in a year, and how sure that is.

In: prices.yaml, and how often a model finds and disturbs, with draws of what few labels leave open. Out: figures of a
year with intervals, what changes with prices, how many labels are needed, and a page in English or Japanese. May
import ``errors``, ``files``, ``metrics`` and ``pages``.
"""
