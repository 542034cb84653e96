"""What may leave the site: the policy that every reply passes, and the budget of requests that are answered.

In: a reply with the numbers that it could carry, each with its number of patients. Out: records ready to send, after
they stand in the audit log, without the numbers that may not leave; or a refusal. ``policy`` is the only gate;
``query_budget`` counts requests on disk; ``site_numbers`` makes the numbers; ``local_record`` holds those of the model
that the site trained alone. May import ``data``, ``evaluation`` and
``settings``.
"""
