"""What may leave the site: the policy that every reply passes, and the budget of requests that are answered.

In: a reply with the numbers that it could carry, each with its number of patients. Out: records ready to send, after
they stand in the audit log, without the numbers that may not leave; or a refusal. ``policy`` is the only gate;
``trajectory`` says about which models anything is answered; ``query_budget`` counts requests on disk; ``site_numbers``
makes the numbers, about those whom ``patient_draw`` draws, and ``noisy_numbers`` those of a private study, out of
``noisy_counts``; ``released_counts`` coarsens counts; ``local_record`` holds
the numbers of the model that the site trained alone. May import ``data``, ``evaluation`` and
``settings``.
"""
