"""Why a finding has its probability: the words, the rule, prior and posterior, as text or as a page.

In: a text and an adapter. Out: an explanation for people, and the text in pieces with its words marked. May import
``reading`` and ``adapter``.
"""
