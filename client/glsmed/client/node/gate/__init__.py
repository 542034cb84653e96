"""The gate before the site's ClientApp: it lets in what the study's centre has signed for this site, each task once.

In: messages of Flower, the study's authority, the site's key, the audit log. Out: the ClientApp's answers with the
site's signature, or an error that says why a task was refused. May import ``settings``.
"""
