"""Costs, each measured beside its floor in the same run.

    python -m tests.benchmarks [--only NAME ...] [--peers FOLDER] [--json FILE]

A floor is the least that the same work can take: the SDK with a canned answer in memory, a server
that gives one, SQLite's own backup. Calls alternate with their floor's in short blocks, so that
what else the machine does slows both alike. In process, a call's own processor time counts.
"""
