"""Processes for trainings: how each begins."""

from glsmed.benchmarks.strategies.at_once import training_processes

_STARTED = "[thread.name for thread in __import__('threading').enumerate()], __import__('torch').get_num_threads()"


def test_each_has_one_thread_for_torch_and_watches_for_the_end_of_its_maker() -> None:
    with training_processes(1) as processes:
        names, threads = processes.submit(eval, _STARTED).result()
    assert "pool-watch" in names
    assert threads == 1
