"""The whole federation in one process, for tests and experiments.

``local_grid`` carries messages between the server's own round loop and the clients' own ClientApps;
``built_federation`` trains a data set that ``glsmed-benchmark build`` wrote; ``known_secret`` makes its runs
repeatable. Imports no other room.
"""
