"""How tests and benchmarks start several processes that share one job.

several     the command that README.md shows, without what it asks or warns about
"""

import sys

ACCELERATE = (
    sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "--num_cpu_threads_per_process", "1",
    "--main_process_port", "0",
)  # fmt: skip


def several(processes: int) -> list[str]:
    """What comes before a script, or ``-m`` and a module, to run it in so many processes.

    ``--multi_gpu`` is Accelerate's word for several processes, with and without graphics
    cards; without it, where there are no cards, ``--num_processes 2`` starts one process.
    """
    if processes == 1:
        return [sys.executable]
    return [*ACCELERATE, "--num_processes", str(processes)]
