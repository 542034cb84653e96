"""Processes for trainings: how each begins."""

import time

import pytest

from glsmed.benchmarks.strategies.at_once import training_processes

_STARTED = "[thread.name for thread in __import__('threading').enumerate()], __import__('torch').get_num_threads()"


def test_each_has_one_thread_for_torch_and_watches_for_the_end_of_its_maker() -> None:
    with training_processes(1) as processes:
        names, threads = processes.submit(eval, _STARTED).result()
    assert "pool-watch" in names
    assert threads == 1


def test_what_has_begun_is_not_waited_for_after_ctrl_c() -> None:
    def interrupted() -> None:
        with training_processes(1) as processes:
            processes.submit(abs, -1).result()  # the process is there
            processes.submit(time.sleep, 60)
            time.sleep(0.5)  # and at work
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - began < 50


def test_what_has_begun_is_waited_for_otherwise() -> None:
    with training_processes(1) as processes:
        begun = processes.submit(time.sleep, 0.2)
        while not begun.running():
            time.sleep(0.01)
    assert begun.done()
    assert begun.exception() is None
