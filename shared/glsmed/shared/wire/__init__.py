"""The model as it travels: its arrays, the buffers that they are packed into, and how many bits each value has.

In: arrays by name. Out: buffers that Flower carries, or the reason why some are refused. ``model_manifest`` says which
arrays a study's model has, ``packed_model`` where they lie, ``model_form`` in which form they go. May import
``errors``.
"""
