"""Throw-away accounts in which a flow file has been carried out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...account import Account
from ..accounts.copying import account_of, copy_of
from ..file.conversations import ConversationConfig
from ..file.flow_file import FlowFile
from ..file.reading import load
from .planning import plan


def trial(file: str | Path | FlowFile, account: Account | None = None) -> Account:
    """A copy of an account that has what a flow file has, such as queues and Studio flows.

    Flows and addresses are not in it yet: each rehearsal puts its own in place. The account is read
    and not written to.

    Args:
        file: A flow file: a path, YAML text, or one that has been read.
        account: The account to copy; a new mock account by default.

    Returns:
        An account for `rehearse`, `compare` and `load_test`.

    Raises:
        FlowProblem: The file is not right, or names something that the account does not have.
        ApplyStopped: The account refuses a resource of the file.
    """
    read = load(file)
    of_conversations = any(isinstance(each, ConversationConfig) for each in read.entries)
    mock, _ = copy_of(account, [], of_conversations, with_studio=True)
    copy = account_of(mock)
    resources = replace(read, flows=(), addresses=(), custom_chats=(), lists=())
    plan(copy, resources).apply()
    return copy
