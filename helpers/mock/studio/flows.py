"""Studio flows: saved revision by revision, drafted, published, and tried by test users."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from .flow_warnings import warnings
from .resources import Execution, FlowRevision, Step, StudioFlow
from .validation import LATEST, LATEST_DRAFT, LATEST_PUBLISHED, checked

PUBLISHED = "published"
Status = Literal["draft", "published"]
FlowDefinition = Annotated[dict[str, Any], BeforeValidator(checked)]


class StudioFlowChanges(Parameters):
    """Parameters of flow update: a new revision. Only the status is required (specified)."""

    status: Status
    friendly_name: str | None = None
    definition: FlowDefinition | None = None
    commit_message: str | None = None


class NewStudioFlow(Parameters):
    """Parameters of flow creation and of validation."""

    friendly_name: str
    status: Status
    definition: FlowDefinition
    commit_message: str | None = None


class TestUsers(Parameters):
    """Parameters of setting a flow's test users."""

    __test__ = False  # the name looks like a test to pytest

    test_users: list[str]


def create(ctx: Context, new: NewStudioFlow) -> StudioFlow:
    """Make a flow, as its first revision."""
    flow = ctx.create(
        StudioFlow,
        friendly_name=new.friendly_name,
        definition=new.definition,
        status=new.status,
        revision=1,
        commit_message=new.commit_message,
        warnings=warnings(new.definition),
        test_users=[],
    )
    _keep_revision(ctx, flow)
    return flow


def update(ctx: Context, flow: StudioFlow, changes: StudioFlowChanges) -> StudioFlow:
    """Save the next revision of a flow; active executions go on with their own."""
    given = {name: value for name, value in changes.given().items() if value is not None}
    given["commit_message"] = changes.commit_message
    if "definition" in given:
        given["warnings"] = warnings(given["definition"])
    ctx.store.save(flow, **given, revision=flow.revision + 1, date_updated=ctx.now)
    _keep_revision(ctx, flow)
    return flow


def _keep_revision(ctx: Context, flow: StudioFlow) -> None:
    ctx.create(
        FlowRevision,
        sid=flow.sid,
        account_sid=flow.account_sid,
        friendly_name=flow.friendly_name,
        definition=flow.definition,
        status=flow.status,
        revision=flow.revision,
        commit_message=flow.commit_message,
    )


def set_test_users(ctx: Context, flow: StudioFlow, users: TestUsers) -> StudioFlow:
    """Set the users that get the draft; no new revision. A blank clears them (inferred)."""
    ctx.store.save(flow, test_users=[user for user in users.test_users if user])
    return flow


def revision(ctx: Context, flow: StudioFlow, number: str) -> FlowRevision | None:
    """A revision by its number, or the latest, or the latest that was published.

    Raises:
        TwilioError: 81021, it is neither a number nor one of the two names.
    """
    if number == LATEST_PUBLISHED:
        return latest_published(ctx, flow)
    if number == LATEST:
        number = str(flow.revision)
    if not number.isdecimal():
        raise TwilioError(
            81021,
            f"Revision is a whole number, {LATEST_PUBLISHED} or {LATEST}, not {number[:40]!r}",
        )
    return ctx.store.first(FlowRevision, sid=flow.sid, revision=min(int(number[:20]), 2**53))


def latest_published(ctx: Context, flow: StudioFlow) -> FlowRevision | None:
    """The revision that runs by default, or None while there are drafts only."""
    where = {"sid": flow.sid, "status": PUBLISHED}
    return next(iter(ctx.store.select(FlowRevision, where, order="desc", limit=1)), None)


def running(ctx: Context, flow: StudioFlow, *contacts: str) -> FlowRevision | None:
    """The revision that runs for a contact: a test user gets the draft (specified)."""
    if set(contacts) & set(flow.test_users):
        return ctx.store.first(FlowRevision, sid=flow.sid, revision=flow.revision)
    return latest_published(ctx, flow)


def subflow(ctx: Context, execution: Execution, flow_sid: str, number: str) -> FlowRevision | str:
    """The revision that an execution runs as a subflow, or the reason why there is none.

    The latest draft is for test users of the parent flow; others get what was published last
    (documented).
    """
    flow = ctx.store.first(StudioFlow, sid=flow_sid)
    if flow is None:
        return f"Subflow {flow_sid} does not exist"
    if number in LATEST_DRAFT:
        parent = ctx.store.first(StudioFlow, sid=execution.flow_sid)
        authors = {part.get("From") for part in execution.context["trigger"].values()}
        users = {execution.contact_channel_address, *authors}
        is_tested = parent is not None and not users.isdisjoint(parent.test_users)
        number = LATEST if is_tested else LATEST_PUBLISHED
    found = revision(ctx, flow, number)
    return found or f"Subflow {flow_sid} has no revision {number}"


def delete(ctx: Context, flow: StudioFlow) -> None:
    """Delete a flow with its revisions and executions, which end at once (inferred)."""
    for kind, field in ((FlowRevision, "sid"), (Execution, "flow_sid"), (Step, "flow_sid")):
        ctx.store.remove_all(kind, **{field: flow.sid})
    ctx.store.remove(flow)
