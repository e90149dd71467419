"""A mock that is killed every few seconds while two hundred clients use it.

    python -m tests.soak [--minutes 10] [--clients 200] [--seed 1] [--json FILE]

The server keeps its account in one file and is killed (SIGKILL) and started again. What it has
acknowledged must be there once and in order. Its memory, descriptors and threads are measured.
"""
