"""Signatures of what centre and sites send each other: a record beside the others, about all of them.

In: records, keys, the authority's certificate. Out: records with a signature, or an error that says what is not as it
should be. ``signed_records`` is the record and what it covers, ``task_signature`` is the centre's,
``answer_signature`` a site's, ``centre_certificate`` says by which key a centre signs. May import ``wire`` and
``errors``.
"""
