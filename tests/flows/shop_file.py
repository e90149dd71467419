"""A whole contact centre as a flow file, and accounts that it is carried out in."""

from __future__ import annotations

from helpers import Account, connect
from helpers.flows import plan

FILE = """\
workspaces:
  Shop:
    default_activity: Available
    activities:
      Available: {available: true}
      Lunch:
    task_channels:
      parcels: {friendly_name: Parcels}
    queues:
      VIP: {target_workers: level > 3, reservation_activity: Lunch}
      Everyone:
    workflows:
      Main:
        filters:
          - filter_friendly_name: vips
            expression: tier == 'vip'
            targets:
              - {queue: VIP, timeout: 30}
              - {queue: Everyone}
        default_filter: {queue: Everyone}
    workers:
      zoe: {attributes: {level: 5}}
flex_flows:
  - friendly_name: Custom chat
    channel_type: custom
    integration_type: task
    integration: {workspace: Shop, workflow: Main, channel: chat}
"""
EMPTY = """\
flex_flows: []
address_configurations: []
workspaces: {}
conversation_services: {}
studio_flows: {}
"""
ORDER = [
    "create workspace 'Shop'",
    "create activity 'Available'",
    "finish workspace 'Shop'",
    "create activity 'Lunch'",
    "create task channel 'parcels'",
    "create queue 'VIP'",
    "create queue 'Everyone'",
    "create workflow 'Main'",
    "create worker 'zoe'",
    "create 'Custom chat'",
]
WRITES = "[CUD]*"
REQUESTS = [write for write in ORDER if write != "create activity 'Available'"]
"""A new workspace has that activity from the start."""
BOT = """\
studio_flows:
  bot:
    definition:
      description: A bot
      initial_state: Trigger
      states:
        - name: Trigger
          type: trigger
          transitions: [{event: incomingMessage, next: ask}]
          properties: {}
        - name: ask
          type: send-and-wait-for-reply
          transitions:
            - {event: incomingMessage, next: agent}
            - {event: timeout}
          properties: {from: bot, body: "Which order?", timeout: "600"}
        - name: agent
          type: send-to-flex
          transitions: [{event: callComplete}]
          properties: {workflow: "ref:workflows/Main", channel: "ref:task_channels/parcels"}
"""


def emptied(seed: int | None = None) -> Account:
    """An account with nothing in it that a file could hold."""
    account = connect(seed=seed)
    plan(account, EMPTY, delete=True).apply()
    return account


def changes(account: Account, text: str) -> dict[str, list[str]]:
    """The changes that a plan shows, by resource."""
    return {
        step.name: [f"{one.field}: {one.before} -> {one.after}" for one in step.changes]
        for step in plan(account, text).steps
        if step.action != "leave"
    }
