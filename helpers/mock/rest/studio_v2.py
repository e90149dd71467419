"""Studio v2 as `studio.twilio.com` spells it: what can be read."""

from __future__ import annotations

from ..studio import StudioFlow
from .collection import Collection
from .paging import PageSizes
from .views import view

HOST = "studio.twilio.com"

FLOWS = Collection(
    host=HOST,
    root="/v2",
    segment="Flows",
    kind=StudioFlow,
    key="flows",
    noun="Flow",
    sizes=PageSizes(50, 1000),
    render=view(StudioFlow, links=("executions",)),
)

OPERATIONS = FLOWS.operations()
