"""What the SuperLink keeps: its state, and the parts of messages as files.

Both are Flower's own with fewer statements and without contents in the database. In: a path of the database and a
folder. Out: the factories that Flower's application takes. May import ``object_folder``.
"""
