"""Rules of TaskRouter."""

from __future__ import annotations

from .rule import DOC, INF, OBS, SPEC, Rule

_LIFE = "TaskRouter docs: Lifecycle of a Task"
_WORKFLOWS = "TaskRouter docs: Workflows Overview"
_EXPRESSIONS = "TaskRouter docs: Using TaskRouter Expressions"
_OPENAPI = "twilio-oai: taskrouter_v1"
_OWN = "the mock's own choice"

RULES = (
    Rule(
        "A new task is pending; it is offered once its creation has been answered",
        DOC,
        f"{_LIFE}; that nothing is offered before the answer is inferred",
        "test_taskrouter_lifecycle::"
        "test_a_task_is_pending_when_it_is_made_and_reserved_a_moment_later",
    ),
    Rule(
        "Pending, reserved, assigned, wrapping, completed; a reservation goes along",
        DOC,
        _LIFE,
        "test_taskrouter_lifecycle::test_a_task_goes_through_its_whole_life",
    ),
    Rule(
        "Events have Twilio's names",
        DOC,
        "TaskRouter docs: Events reference; the order of those that come together is inferred",
        "test_taskrouter_lifecycle::test_what_happens_is_told_in_order",
    ),
    Rule(
        "A task is cancelled from pending or reserved only",
        OBS,
        "twilio-labs/plugin-queued-callbacks-and-voicemail#35 quotes the refusal; its code 20001"
        " is inferred",
        "test_taskrouter_lifecycle::test_a_task_that_was_taken_on_cannot_be_cancelled",
    ),
    Rule(
        "A task is wrapped up when assigned, completed when assigned or wrapping",
        OBS,
        "lehel-twilio/plugin-dialpad#31 quotes the refusal; its code 20001 is inferred",
        "test_taskrouter_lifecycle::"
        "test_a_task_nobody_has_taken_on_cannot_be_wrapped_up_or_completed",
    ),
    Rule(
        "A task may be completed without a reason, though the parameter is specified as required",
        OBS,
        "code that uses the API",
        "test_taskrouter_lifecycle::test_what_happens_is_told_in_order",
    ),
    Rule(
        "A rejected or timed out task waits again, and goes to others first",
        DOC,
        f"{_LIFE}; that it returns to whoever turned it down least is inferred",
        "test_taskrouter_lifecycle::"
        "test_a_task_everybody_rejected_starts_over_with_whoever_rejected_it_least",
    ),
    Rule(
        "A reservation times out after the workflow's TaskReservationTimeout, and its worker goes"
        " to the workspace's timeout activity",
        SPEC,
        _OPENAPI,
        "test_taskrouter_lifecycle::"
        "test_a_reservation_times_out_as_its_workflow_says_and_its_worker_as_the_workspace",
    ),
    Rule(
        "A task that is not assigned within its timeout is cancelled: Task TTL Exceeded",
        SPEC,
        _OPENAPI,
        "test_taskrouter_lifecycle::test_a_task_nobody_takes_on_in_time_is_cancelled",
    ),
    Rule(
        "A task that was reserved a thousand times is cancelled",
        DOC,
        "TaskRouter docs: Limits; the reason's text was observed",
        "test_taskrouter_lifecycle::test_a_task_offered_too_often_is_cancelled",
    ),
    Rule(
        "The first to accept a task offered to several gets it; the others are rescinded",
        DOC,
        "TaskRouter docs: Task Queue, multi-reservation",
        "test_taskrouter_lifecycle::test_the_first_to_accept_gets_a_task_offered_to_several",
    ),
    Rule(
        "A completed or canceled task is deleted five minutes later, without an event",
        DOC,
        _LIFE,
        "test_taskrouter_lifecycle::test_a_task_that_ended_is_deleted_five_minutes_later",
    ),
    Rule(
        "A task assigned for a day is deleted",
        DOC,
        f"{_LIFE}; the event task.system-deleted is inferred",
        "test_taskrouter_lifecycle::test_a_task_assigned_for_a_day_is_deleted_and_its_worker_free",
    ),
    Rule(
        "Deleting a task cancels its open reservations",
        INF,
        _OWN,
        "test_taskrouter_lifecycle::test_a_task_can_be_deleted_whatever_its_state",
    ),
    Rule(
        "Instructions to place calls are not simulated",
        INF,
        "not simulated",
        "test_taskrouter_lifecycle::test_placing_a_call_is_not_simulated",
    ),
    Rule(
        "Tasks of higher priority come first, then older ones; in a LIFO queue younger ones",
        DOC,
        f"{_WORKFLOWS}; twilio-oai: taskrouter_v1",
        "test_taskrouter_routing::"
        "test_tasks_of_higher_priority_come_first_then_those_that_wait_longest",
    ),
    Rule(
        "At equal priority, PrioritizeQueueOrder says which kind of queue comes first",
        SPEC,
        "twilio-oai: taskrouter_v1; that priority comes before it is inferred",
        "test_taskrouter_routing::test_a_workspace_says_which_kind_of_queue_comes_first",
    ),
    Rule(
        "The worker who has been without a task for longest is offered the next",
        DOC,
        "TaskRouter docs: Ordering Workers",
        "test_taskrouter_routing::"
        "test_the_worker_who_has_been_without_a_task_for_longest_is_offered_the_next",
    ),
    Rule(
        "A worker who holds a task comes after one who holds none",
        INF,
        _OWN,
        "test_taskrouter_routing::test_a_worker_with_another_task_comes_after_one_with_none",
    ),
    Rule(
        "A queue without an expression is for nobody",
        SPEC,
        _OPENAPI,
        "test_taskrouter_routing::test_a_queue_without_an_expression_is_for_nobody",
    ),
    Rule(
        "Pending, accepted and wrapping reservations take up capacity; accepted ones are assigned",
        DOC,
        "TaskRouter docs: Multitasking",
        "test_taskrouter_routing::test_a_worker_takes_as_many_tasks_at_once_as_its_channel_holds",
    ),
    Rule(
        "A new worker takes three tasks at once of chat and sms, one of any other channel",
        INF,
        "TaskRouter docs: Multitasking, whose example it is",
        "test_taskrouter_settings::test_the_account_has_a_workspace_with_two_agents_offline",
    ),
    Rule(
        "Workers change activity with their tasks in a single-tasking workspace only",
        DOC,
        "TaskRouter docs: Multitasking",
        "test_taskrouter_routing::"
        "test_a_single_tasking_workspace_gives_a_worker_one_task_whatever_the_channel",
    ),
    Rule(
        "The first filter that matches decides, and a target's priority wins over the task's",
        DOC,
        f"{_WORKFLOWS}; twilio-oai: taskrouter_v1",
        "test_taskrouter_routing::test_the_first_filter_that_matches_decides",
    ),
    Rule(
        "A task that matches nothing is not made where there is no default filter",
        OBS,
        "notes that quote Twilio's docs",
        "test_taskrouter_routing::test_a_task_that_matches_nothing_is_not_made_without_a_default",
    ),
    Rule(
        "A target that times out passes the task on to the next target, then to the next filter"
        " that matches, never to the default filter; in the end the task is cancelled",
        DOC,
        f"{_WORKFLOWS}; the reason's text is inferred",
        "test_taskrouter_routing::"
        "test_a_target_that_times_out_passes_the_task_on_and_out_in_the_end",
    ),
    Rule(
        "A step that runs out while the task is reserved counts when the reservation has failed",
        DOC,
        _LIFE,
        "test_taskrouter_routing::"
        "test_a_step_runs_out_while_a_reservation_is_pending_and_counts_when_it_ends",
    ),
    Rule(
        "A step is skipped if nobody could be offered the task at once and skip_if holds; in the"
        " end the default filter applies",
        DOC,
        "TaskRouter docs: Skipping based on Worker availability",
        "test_taskrouter_routing::test_a_step_is_skipped_at_once_where_nobody_could_take_the_task",
    ),
    Rule(
        "order_by sorts by whole numbers; whoever has none comes last; else it is ignored",
        DOC,
        "TaskRouter docs: Ordering Workers",
        "test_taskrouter_routing::test_a_step_may_order_workers_by_their_attributes",
    ),
    Rule(
        "A task waits for its known worker until the step times out",
        DOC,
        "TaskRouter docs: Known Agent Routing",
        "test_taskrouter_routing::test_a_known_worker_is_waited_for_until_the_step_times_out",
    ),
    Rule(
        "A changed workflow applies to waiting tasks from where they are; with ReEvaluateTasks"
        " from the start",
        SPEC,
        "twilio-oai: taskrouter_v1; the former is inferred",
        "test_taskrouter_routing::"
        "test_waiting_tasks_start_a_changed_workflow_anew_only_if_it_says_so",
    ),
    Rule(
        "A RoutingTarget that is a worker gets the task whatever it is doing, unless"
        " IgnoreCapacity is false",
        SPEC,
        _OPENAPI,
        "test_taskrouter_routing::test_a_task_for_one_worker_reaches_it_whatever_it_is_doing",
    ),
    Rule(
        "A configuration is checked when it is given: JSON, keys, expressions, queues",
        INF,
        "that it must be valid is documented; how far it is checked is not",
        "test_taskrouter_settings::"
        "test_a_configuration_that_cannot_be_followed_is_refused_with_the_place_at_fault",
    ),
    Rule(
        "An expression compares constants and attributes; a missing attribute is null",
        DOC,
        _EXPRESSIONS,
        "test_expressions::test_an_expression_that_holds_of_alice",
    ),
    Rule(
        "Scalar operators are false on arrays, array operators on scalars, and types never mix",
        DOC,
        f"{_EXPRESSIONS}; the last is inferred",
        "test_expressions::test_an_expression_that_does_not_hold_of_alice",
    ),
    Rule(
        "NOT, && and || work, and null differs from every value",
        INF,
        "production expressions such as `worker.flag != true` rely on the latter",
        "test_expressions::test_an_expression_that_holds_of_alice",
    ),
    Rule(
        "Hyphens and whatever else cannot be read are refused, with the position",
        DOC,
        f"{_EXPRESSIONS}; the refusal's form is inferred",
        "test_expressions::test_what_cannot_be_read_is_refused_with_its_position",
    ),
    Rule(
        "A new workspace has the activities Offline, Available and Unavailable and five channels",
        DOC,
        "TaskRouter docs: Activity, Multitasking",
        "test_taskrouter_settings::"
        "test_a_new_workspace_has_the_default_activities_and_channels_and_nobody_in_it",
    ),
    Rule(
        "The account's own workspace has the channels default and chat, and the activity Break",
        INF,
        _OWN,
        "test_taskrouter_settings::test_the_account_has_a_workspace_with_two_agents_offline",
    ),
    Rule(
        "What is in use is not deleted (20409)",
        INF,
        _OWN,
        "test_taskrouter_settings::test_a_queue_or_workflow_in_use_is_not_deleted",
    ),
    Rule(
        "Names of workers are unique whatever their case",
        SPEC,
        "twilio-oai: taskrouter_v1; the code 20409 is inferred",
        "test_taskrouter_settings::test_names_of_workers_differ_whatever_their_case",
    ),
    Rule(
        "A worker with pending reservations leaves only with RejectPendingReservations",
        INF,
        "the parameter is specified",
        "test_taskrouter_settings::test_a_worker_does_not_leave_pending_reservations_behind",
    ),
    Rule(
        "Events of the last 15 minutes are listed unless the query says when",
        SPEC,
        _OPENAPI,
        "test_taskrouter_lists::"
        "test_events_of_the_last_quarter_of_an_hour_are_read_unless_told_otherwise",
    ),
    Rule(
        "A page beyond the first needs its token (40153)",
        DOC,
        "Twilio's error catalogue",
        "test_taskrouter_lists::test_a_page_is_only_reached_by_its_token",
    ),
    Rule(
        "If-Match lets a change through only if the ETag is still the same",
        SPEC,
        "twilio-oai: taskrouter_v1; the code 20412 and the ETag's form are inferred",
        "test_taskrouter_lists::test_a_change_goes_through_only_if_nothing_has_changed_since",
    ),
    Rule(
        "A workspace's EventCallbackUrl is posted every event, or those EventsFilter names",
        SPEC,
        "twilio-oai: taskrouter_v1; parameters are documented, TimestampMs was observed",
        "test_taskrouter_callbacks::test_everything_that_happens_is_told_in_order",
    ),
    Rule(
        "Statistics, transfers, add-ons and assignment callbacks are not simulated",
        INF,
        "not simulated",
        "test_taskrouter_settings::test_statistics_are_loudly_not_simulated",
    ),
)
