"""What a finding that is named without any cue means, by section and by the form of its sentence.

In: Open-i with the hospital system of each report. Out: how often a coder indexed such mentions, form by form, and
whether priors by form say more than one prior at the other hospital system. May import what the room around it may.
"""
