"""What measures a run from outside: bytes on the line, memory, processor, and the calls of each process.

In: processes that know nothing of it. Out: numbers. ``timings`` makes figures of repeated ones. Imports nothing of the
other rooms here.
"""
