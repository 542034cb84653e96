"""Sites that are only played: many in one process, which answer at once and train nothing.

In: a file that says who they are. Out: valid messages of glsmed. ``made_up_model`` is a model of any size, which no
hospital could train. May import the centre's folders; imports nothing of the other rooms here.
"""
