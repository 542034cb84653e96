"""What a site keeps to read of its shipped model, in English and Japanese.

In: facts about the model and its test patients. Out: the model card as a page (``site_card``); ``words`` has its
Japanese. May import what its room may.
"""
