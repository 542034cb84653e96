"""A site's part of secure aggregation: its keys of a round, its masked update, and the shares that it gives, once.

In: the centre's tasks and the site's change. Out: what may be sent of them. ``site_masking`` refuses whatever could
show one site's update, ``answered_sums`` remembers on disk whose sums it helped to see, ``masking_tasks`` speaks the
messages. May import ``settings``, and the policy of its own room.
"""
