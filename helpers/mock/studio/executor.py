"""Runs an execution from widget to widget, until it waits for a reply or has ended.

Each widget is one transaction: its effects and its transition are kept together or not at all. HTTP
requests are made between transactions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace
from pydantic import Field

from ...masking import log_exception
from ..core.context import Backend, Context
from ..core.database import UNSTORABLE, DatabaseClosed, DatabaseFailed
from ..core.errors import NOT_SIMULATED, Refused, TwilioError
from ..core.parameters import (
    AtMost,
    AtMostBytes,
    Parameters,
    form_name,
    is_web_address,
    json_text,
    read_json_object,
)
from ..core.sids import Sids
from ..messaging import channels, media, messages
from ..messaging.resources import Channel, Message, Service
from ..taskrouter.resources import Task
from ..webhooks.receivers import USER_AGENT, Receivers, WebhookAnswer, WebhookRequest, basic_auth
from . import engine, executions, flows
from .actions import (
    NO_CHAT,
    TEMPLATE_FAILED,
    UNLISTED,
    Attachment,
    Effect,
    HttpRequest,
    HttpResponse,
    RunSubflow,
    SendMessage,
    SendToFlex,
    StepError,
    StepProblem,
    WaitForReply,
    WidgetResult,
)
from .definition import Widget
from .events import CreatedByFlow
from .resources import ACTIVE, Execution
from .widgets import OK, without_login

REQUEST_SECONDS = 10.0
"""Longest time that an HTTP request of a flow may take (documented)."""
_file_types = cache(MimeTypes)
"""Types by a file's ending, without those that a machine adds."""
_log = logging.getLogger(__name__)

HandOver = Callable[[Context, Execution, SendToFlex], str]
"""Makes the task of a Send to Flex and returns its SID, or raises a TwilioError.

It runs in the transaction that ends the step: both are kept, or neither.
"""

Show = Callable[[Context, Message | Task], Mapping[str, Any]]
"""Renders a resource as REST does."""


@dataclass(frozen=True, slots=True)
class Executor:
    """One run of an execution.

    Args:
        waiting: Context of a wait, in which other executions go on.
        is_stopped: Returns True to stop before the next widget, as the account is being closed.
        zone: Zone of dates in templates.
        lag: Seconds by which the clock has passed the moment that caused the run.
    """

    backend: Backend
    account_sid: str
    receivers: Receivers
    hand_over: HandOver
    show: Show
    waiting: Callable[[], AbstractContextManager[None]]
    is_stopped: Callable[[], bool]
    zone: tzinfo
    lag: float = 0.0

    @contextmanager
    def transaction(self, *seed: object) -> Iterator[Context]:
        """Open a transaction at the run's own time.

        Its SIDs follow from the seed, so that the order of the threads does not change them; no
        seed is needed where no SID is made.
        """
        with self.backend.transaction():
            ctx = Context(self.backend, self.account_sid)
            ctx.now -= self.lag
            ctx.sids = Sids(" ".join(map(str, seed)))
            yield ctx

    def run(self, seq: int) -> Execution | None:
        """Run as far as possible; returns the execution if it now waits, else None."""
        while True:
            execution = self.backend.store.first(Execution, seq=seq, status=ACTIVE)
            if execution is None or execution.waiting_until is not None:
                return execution
            if self.is_stopped():
                return None
            ctx = Context(self.backend, self.account_sid)
            widget = executions.current_widget(ctx, execution)
            try:
                self._apply(execution, widget, self._effect(execution, widget))
            except StepError as error:
                self._apply(execution, widget, error.problem)
            except (DatabaseFailed, DatabaseClosed):
                raise  # the step is taken again once the file works, or is opened again
            except UNSTORABLE as error:
                reason = f"{widget.name} gives what cannot be kept: {error}"
                self._apply(execution, widget, StepProblem(TEMPLATE_FAILED, reason))
            except Exception as error:
                log_exception(_log, "the mock failed in widget %s", widget.name)
                reason = f"The mock itself failed here: {type(error).__name__}: {error}"
                self._apply(execution, widget, StepProblem(NOT_SIMULATED, reason))

    def _effect(self, execution: Execution, widget: Widget) -> Effect:
        now = datetime.fromtimestamp(self.backend.clock.now() - self.lag, self.zone)
        context = {**execution.context, "now": now}
        action = engine.enter(widget, context, steps=execution.steps, repeats=execution.repeats)
        if not isinstance(action, HttpRequest | SendMessage):
            return action
        if isinstance(action, SendMessage) and not action.media_url:
            return action
        with self.transaction(execution.sid, execution.steps, "ask") as ctx:
            current = _unchanged(ctx, execution)
            if current is None:
                return WidgetResult("")  # it has ended: no transition will be taken
            executions.open_step(ctx, current, widget)
        return self._with_file(action) if isinstance(action, SendMessage) else self._call(action)

    def _call(self, action: HttpRequest) -> Effect:
        content_type = {"Content-Type": action.content_type} if action.content_type else {}
        login = self.receivers.login(self.account_sid) if action.is_authorized else action.login
        headers = {"User-Agent": USER_AGENT, **content_type, **_authorization(login)}
        parameters = dict(action.parameters)
        request = self.receivers.signed(
            WebhookRequest(action.method, action.url, headers, parameters, action.body)
        )
        answer = self._ask(request)
        return action.then(
            HttpResponse(answer.status, answer.body, answer.content_type, answer.problem)
        )

    def _ask(self, request: WebhookRequest) -> WebhookAnswer:
        with self.waiting():
            return self.receivers.ask(request, timeout=REQUEST_SECONDS, redirects=True)

    def _with_file(self, action: SendMessage) -> Effect:
        """The message with the file at its media URL, or its failure."""
        url, login = without_login(action.media_url)
        if not is_web_address(url):
            return action.refused(f"The media URL is an http or https URL, not {url[:200]}")
        headers = {"User-Agent": USER_AGENT, **_authorization(login)}
        answer = self._ask(WebhookRequest("GET", url, headers, {}))
        if answer.status not in OK:
            reason = answer.problem or f"answered {answer.status}"
            return action.refused(f"The media URL {url[:200]} {reason}")
        content = answer.body.encode() if answer.content is None else answer.content
        name = PurePosixPath(unquote(urlsplit(url).path)).name or None
        guessed, _ = _file_types().guess_type(name or "")
        content_type = answer.content_type or guessed or "application/octet-stream"
        return replace(action, file=Attachment(content, content_type, name))

    def _apply(self, execution: Execution, widget: Widget, effect: Effect | StepProblem) -> None:
        try:
            with self.transaction(execution.sid, execution.steps) as ctx:
                if (current := _unchanged(ctx, execution)) is None:
                    return
                result = self._result(ctx, current, widget, effect)
                if result is None:
                    return
                if isinstance(result, StepProblem):
                    executions.fail(ctx, current, widget, result)
                elif isinstance(result, WaitForReply):
                    executions.park(ctx, current, widget, result)
                else:
                    executions.leave(ctx, current, widget, result)
        except (Refused, TwilioError) as error:
            if not isinstance(effect, SendMessage | SendToFlex):
                raise
            reason = error.message if isinstance(error, TwilioError) else str(error)
            self._apply(execution, widget, effect.refused(reason))

    def _result(
        self, ctx: Context, execution: Execution, widget: Widget, effect: Effect | StepProblem
    ) -> WidgetResult | WaitForReply | StepProblem | None:
        """Perform an effect; returns None if the widget goes on, in its subflow."""
        if isinstance(effect, SendMessage):
            sent = self.show(ctx, _send(ctx, effect))
            return effect.then({form_name(key): each for key, each in _outbound(sent)})
        if isinstance(effect, SendToFlex):
            task_sid = self.hand_over(ctx, execution, effect)
            ctx.emit(CreatedByFlow(task_sid))
            task = ctx.store.first(Task, sid=task_sid)
            result = effect.then({**(self.show(ctx, task) if task else {}), "task_sid": task_sid})
            if "conversation" in execution.context["trigger"]:
                return result  # its task names the conversation by itself
            return replace(result, problem=_chat_problem(ctx, effect.attributes))
        if isinstance(effect, RunSubflow):
            found = flows.subflow(ctx, execution, effect.flow_sid, effect.revision)
            if isinstance(found, str):
                return effect.refused(found)
            executions.enter_subflow(ctx, execution, widget, found, effect.parameters)
            return None
        return effect


def _authorization(login: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": basic_auth(*login)} if login else {}


def _chat_problem(ctx: Context, attributes: str) -> StepProblem | None:
    """The problem of a task that does not name a chat channel; Twilio makes it all the same."""
    sid = (read_json_object(attributes) or {}).get("channelSid")
    if isinstance(sid, str) and ctx.store.exists(Channel, sid=sid):
        return None
    named = "there is no channel" if sid else "the attributes name no channelSid"
    return StepProblem(UNLISTED, f"{NO_CHAT}: {named}{f' {sid!r}' if sid else ''}")


def _unchanged(ctx: Context, seen: Execution) -> Execution | None:
    """The execution as it is now; None if it was ended or moved, or the account restored, since."""
    where = {"steps": seen.steps, "widget": seen.widget, "waiting_until": None}
    return ctx.store.first(Execution, seq=seen.seq, status=ACTIVE, **where)


class _Limits(Parameters):
    """Limits of a flow's messages, which are Chat's (inferred)."""

    author: Annotated[str, AtMost(256, 50310, "From")] = Field(alias="From")
    body: Annotated[str, AtMostBytes(32 * 1024, 50505, "Body")] | None
    attributes: Annotated[
        str, AtMostBytes(4 * 1024, 50303, "Attributes"), json_text(50304, "Attributes")
    ]


def _send(ctx: Context, action: SendMessage) -> Message:
    """Send a message as the account: it fires no webhooks, so that it reaches no flow."""
    channel = channels.find(ctx, action.channel_sid)
    body = action.body if action.body.strip() else None
    new = {"From": action.author, "Body": body, "Attributes": action.attributes}
    files = []
    if action.file is not None:
        service = ctx.store.first(Service, sid=channel.service_sid)
        assert service is not None  # its channels go with it
        files.append(media.upload(ctx, service, *action.file).sid)
    message = messages.send(ctx, channel, media_sids=files, **_Limits.read(new).given())
    ctx.emit(CreatedByFlow(message.sid))
    return message


def _outbound(message: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of a sent message, with dates as Java writes those of whole seconds (inferred)."""
    for key, value in message.items():
        if value is not None:
            yield key, f"{value[:-1]}.000Z" if key.startswith("date_") else value
