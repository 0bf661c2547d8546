"""One process alone; two are in ``tests/restoration/test_processes.py``."""

from lesson7.core import processes


def test_alone_it_is_the_first_of_one_and_agrees_with_itself():
    state = processes.this_one()
    assert (state.num_processes, state.process_index) == (1, 0)
    assert state.is_main_process
    assert processes.agreed({"a": 1}) == {"a": 1}
    state.wait_for_everyone()
