"""How the updates of a round become the next model: one rule a file, each with its paper.

In: stretches of the base model and of the sites' models, with numbers about each site. Out: the same stretch of the
next model. A new rule is a file here and a name in study.yaml. May import nothing of the server.
"""
