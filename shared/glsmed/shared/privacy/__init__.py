"""What differential privacy costs: epsilon of steps that were taken or are planned, and plans for a wanted epsilon.

In: noise, sampling rate and steps, of one study or of several. Out: numbers. ``accounting`` composes steps,
``planning`` looks ahead for a study. Knows no patient and no file. May import ``protocol`` for the study's settings.
"""
