"""What differential privacy costs: AUROC at each epsilon, for hospitals of different sizes.

``planned_training`` trains one hospital with the plan that ``flwr-server init --private`` makes; ``cohorts`` measures
it, and ``cost_table`` writes what came out. In: drawn radiographs of the room ``simulator``. Out: a table.
Imports no other room.
"""
