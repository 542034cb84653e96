"""The centre's only room with names that are private to Flower.

The SuperLink behind two listeners (everything on loopback, the Fleet API alone in public), its Control API, and the
one change to the Grid that messages of bounded size need. Everything else in the server uses Flower's public names.
May import nothing of the server.
"""
