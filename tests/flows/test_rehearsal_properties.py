"""Whatever the script and the config: a rehearsal ends, and the same again is the same."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rehearsing import CONFIGS, changed
from support import examples

from helpers.flows import FlexFlowConfig, Script, rehearse
from helpers.flows.rehearsal.grammar import NEW, VERBS, misplaced
from helpers.flows.rehearsal.script import script_of

ARGUMENTS = {
    "wait": st.sampled_from(["1s", "2m", "1h", "1d"]),
    "expect": st.sampled_from(
        ["no task", "task pending", "channel active", "customer answered", "text Hello"]
    ),
    "agent transfers": st.sampled_from(["bob", "alice", "queue Everyone", "nobody"]),
    "webhook fails": st.sampled_from(["1", "2 times with 500"]),
    **dict.fromkeys(["customer opens", "customer returns"], st.sampled_from([None, {"n": 1}])),
    **dict.fromkeys(["chat gets", "task gets"], st.just({"vip": True})),
    **dict.fromkeys(["customer sends", "agent sends"], st.just("photo.png")),
}


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Any script that is not refused."""
    steps: list[Any] = ["customer opens"] if draw(st.booleans()) else []
    page = VERBS["customer opens"].leaves if steps else NEW
    for verb in draw(st.lists(st.sampled_from([*VERBS]), min_size=1, max_size=12)):
        assert page is not None
        if misplaced(verb, page) is None:
            argument = draw(ARGUMENTS.get(verb, st.text("ab<$ é", min_size=1).filter(str.strip)))
            steps.append((verb, argument) if VERBS[verb].takes else verb)
            page = VERBS[verb].leaves or page
    return script_of(steps or ["wait: 1s"])


@st.composite
def flows(draw: st.DrawFn) -> FlexFlowConfig:
    """Any config that can be had in a new account."""
    flow = draw(st.sampled_from([*CONFIGS.values()]))
    if flow.integration_type == "task":
        flow = changed(flow, creation_on_message=draw(st.booleans()), timeout=draw(TIMEOUTS))
    ways = {name: draw(st.booleans()) for name in ("long_lived", "janitor_enabled", "enabled")}
    return flow.model_copy(update=ways)


TIMEOUTS = st.sampled_from([60, 86_400])


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flow=flows(), script=scripts())
def test_any_script_plays_with_any_config_and_twice_the_same(
    flow: FlexFlowConfig, script: Script
) -> None:
    played, again = rehearse(flow, script), rehearse(flow, script)
    assert (played.rows, played.entries) == (again.rows, again.entries)
    assert played.outcome == again.outcome
    assert [row.what for row in played.rows if row.kind == "step"] == [*map(str, script.steps)]
    moments = [row.seconds for row in played.rows]
    assert moments == sorted(moments)
    tried = sum(step.verb not in ("wait", "expect") for step in script.steps)
    assert len(played.outcome.misfits) <= tried
    assert played.outcome.answered or played.outcome.answered_after is None
    assert repr(played)
    assert played._repr_html_()
