"""The centre's only room with names that are private to Flower.

The SuperLink behind two listeners (everything on loopback for the centre's own processes, the Fleet API alone in public
for known sites: ``doors``), its state and its store of messages' parts in files, its Control API, and the Grid of the
round process, which hands models over as files.
Everything else in the server uses Flower's public names.
May import nothing of the server.
"""
