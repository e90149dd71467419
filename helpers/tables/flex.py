"""What Flex is set up to do."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..account import Account

_COLUMNS = ["flow", "name", "channel_type", "handler", "target", "enabled", "long_lived", "janitor"]


def flows(account: Account) -> pd.DataFrame:
    """The account's Flex Flows, oldest first.

    Returns:
        One row a flow: `flow` (FO...), `name`, `channel_type`, `handler` (`task`, `studio` or
        `external`), `target` (the workflow, Studio flow or URL), `enabled`, `long_lived` and
        `janitor`.
    """
    found = account.client.flex_api.v1.flex_flow.list()
    return pd.DataFrame([_row(flow) for flow in sorted(found, key=_made)], columns=_COLUMNS)


def _made(flow: Any) -> Any:
    return flow.date_created


def _row(flow: Any) -> tuple[Any, ...]:
    settings = flow.integration or {}
    targets = (settings.get(name) for name in ("workflow_sid", "flow_sid", "url"))
    return (
        flow.sid,
        flow.friendly_name,
        str(flow.channel_type),
        str(flow.integration_type),
        next(filter(None, targets), ""),
        flow.enabled,
        flow.long_lived,
        flow.janitor_enabled,
    )
