"""Text before any meaning: sections, sentences, tokens, spelling, and a fast index of phrases.

In: a report as it stands. Out: sections with their roles, sentences, folded tokens with offsets into the text.
Imports nothing of this package.
"""
