"""Rules of Studio: who is heard, how a flow goes on and when it stops, and what widgets do."""

from __future__ import annotations

from .rule import DOC, INF, OBS, SPEC, Rule

_FAQ = "studio/user-guide/studio-faq: limits"
_WAIT = "studio/widget-library/send-wait-reply"
_HTTP = "studio/widget-library/http-request"
_SPLIT = "production code that restates studio/widget-library/split-based-on"
_VARIABLES = "studio/widget-library/set-variables"
_LIQUID = "support.twilio.com 4413699936411"
_STUCK = "support.twilio.com 51865532406939"
_FLEX = "studio/widget-library/send-flex"
_ERRORS = "Twilio's error catalogue"
_OAI = "twilio-oai: studio_v2"
_MOCK = "the mock's own choice"

RULES = (
    Rule(
        "Studio runs on the first message, not when the channel is made",
        DOC,
        "twilio.com/blog: custom chat channel",
        "test_studio_menu_bot::test_nothing_happens_until_the_customer_writes",
    ),
    Rule(
        "A message posted by REST reaches Studio only with the webhook header",
        DOC,
        "chat/webhook-events",
        "test_studio_waiting::test_without_the_webhook_header_a_servers_message_starts_nothing",
    ),
    Rule(
        "What Studio says starts no flow and fires no webhook",
        INF,
        _MOCK,
        "test_studio_waiting::test_what_studio_says_is_no_message_for_studio",
    ),
    Rule(
        "A contact has one active execution of a flow, which swallows what it does not wait for",
        DOC,
        _STUCK,
        "test_studio_waiting::test_a_parked_execution_swallows_what_its_contact_writes_elsewhere",
    ),
    Rule(
        "Ending the execution lets its contact be heard again",
        DOC,
        _STUCK,
        "test_studio_waiting::test_once_the_parked_execution_is_ended_its_contact_is_heard_again",
    ),
    Rule(
        "The contact's address in chat is `from` of the channel's attributes, else the author",
        INF,
        _MOCK,
        "test_studio_waiting::test_without_an_address_in_the_channel_the_author_is_the_contact",
    ),
    Rule(
        "In chat, `flow.channel.address` is the flow's friendly name",
        INF,
        _MOCK,
        "test_studio_talking::test_without_a_sender_the_flow_speaks_under_its_own_name",
    ),
    Rule(
        "Send & Wait waits an hour unless told otherwise, then leaves by timeout",
        DOC,
        _WAIT,
        "test_studio_waiting::test_by_default_a_reply_is_awaited_for_an_hour",
    ),
    Rule(
        "An execution is active for thirty days at the most",
        DOC,
        _FAQ,
        "test_studio_waiting::test_an_execution_lives_thirty_days_whatever_it_waits_for",
    ),
    Rule(
        "An execution ends after 1,000 steps (81000)",
        DOC,
        _FAQ,
        "test_studio_faults::test_a_loop_of_several_widgets_ends_after_a_thousand_steps",
    ),
    Rule(
        "An execution ends when a widget has run ten times in a row (81001)",
        DOC,
        _FAQ,
        "test_studio_faults::test_a_widget_that_leads_to_itself_runs_ten_times",
    ),
    Rule(
        "A transition without `next` ends the execution",
        SPEC,
        "studio/rest-api/v2/schemas, twilio-oai studio_v2 samples",
        "test_studio_faults::test_a_transition_that_leads_nowhere_ends_the_execution_normally",
    ),
    Rule(
        "An event that a widget has no transition for ends the execution with 81005",
        DOC,
        f"{_ERRORS} (for splits; for other widgets inferred)",
        "test_studio_faults::test_a_split_without_a_match_or_a_way_out_says_so",
    ),
    Rule(
        "A widget that is not simulated ends the execution and names those that are",
        INF,
        _MOCK,
        "test_studio_faults::test_a_widget_that_is_not_simulated_stops_the_flow_and_names_those_that_are",
    ),
    Rule(
        "What went wrong in a step is in its context, as Twilio's debugger would say it",
        INF,
        _MOCK,
        "test_studio_faults::test_a_problem_in_a_step_can_be_read_through_rest",
    ),
    Rule(
        "Templates see trigger.message with ChannelSid, ChannelAttributes, InstanceSid, WebhookSid",
        OBS,
        "flow definitions in production",
        "test_studio_templates::test_sids_of_service_channel_webhook_and_flow_can_be_named",
    ),
    Rule(
        "A template that fails ends the execution with 81018",
        DOC,
        f"{_ERRORS} (that it ends there is inferred)",
        "test_studio_templates::test_a_template_that_fails_ends_the_execution_with_81018",
    ),
    Rule(
        "A Liquid loop runs fifteen rounds at the most (that a longer one fails is inferred)",
        DOC,
        _FAQ,
        "test_studio_templates::test_a_loop_of_fifteen_rounds_is_rendered",
    ),
    Rule(
        "A variable that reads as a number is one, unless it is of type string",
        DOC,
        _LIQUID,
        "test_studio_templates::test_a_variable_keeps_its_value",
    ),
    Rule(
        "Variables set by one widget do not see one another",
        DOC,
        "studio/rest-api/step",
        "test_studio_templates::test_variables_set_together_do_not_see_one_another",
    ),
    Rule(
        "Split conditions ignore case and outer white space; a regex matches the whole text",
        OBS,
        _SPLIT,
        "test_studio_templates::test_a_split_follows_a_condition_that_holds",
    ),
    Rule(
        "A split takes the first match whose conditions all hold",
        OBS,
        _SPLIT,
        "test_studio_templates::test_the_first_match_is_taken_and_all_its_conditions_must_hold",
    ),
    Rule(
        "A message goes to the trigger's channel unless the widget names another",
        DOC,
        _WAIT,
        "test_studio_talking::test_a_message_may_go_to_another_channel",
    ),
    Rule(
        "A message that cannot be sent leaves by failed, a question by deliveryFailure (81011)",
        DOC,
        f"{_ERRORS}, studio/widget-library/send-message",
        "test_studio_talking::test_a_message_that_cannot_be_sent_leaves_by_failed",
    ),
    Rule(
        "An HTTP request succeeds with 2xx; redirects are followed",
        DOC,
        _HTTP,
        "test_studio_asking::test_a_real_server_is_asked_and_its_redirects_followed",
    ),
    Rule(
        "An HTTP request or function has ten seconds",
        DOC,
        _HTTP,
        "test_studio_asking::test_a_request_takes_ten_seconds_at_the_most",
    ),
    Rule(
        "An answer of more than 64 kB, or none of 2xx, is a failure (81016; a function's 81017)",
        DOC,
        f"{_HTTP}, {_ERRORS}",
        "test_studio_asking::test_an_answer_that_is_no_success_leaves_by_failed",
    ),
    Rule(
        "Only a JSON object is parsed",
        DOC,
        _HTTP,
        "test_studio_asking::test_only_a_json_object_is_parsed",
    ),
    Rule(
        "A flow's HTTP requests carry no signature",
        INF,
        _MOCK,
        "test_studio_asking::test_a_form_is_posted_and_its_json_is_parsed",
    ),
    Rule(
        "Send to Flex ends with callComplete once the task is made",
        INF,
        _MOCK,
        "test_studio_talking::test_send_to_flex_hands_over_what_the_flow_says",
    ),
    Rule(
        "A task that is refused leaves by failedToEnqueue (81015)",
        DOC,
        f"{_ERRORS}, {_FLEX}",
        "test_studio_talking::test_a_refused_hand_over_leaves_by_failed_to_enqueue_and_nothing_half_done",
    ),
    Rule(
        "Send to Flex takes incoming chats only (81020)",
        DOC,
        _ERRORS,
        "test_studio_executions::test_only_an_incoming_chat_can_be_handed_over",
    ),
    Rule(
        "Each update of a flow is a new revision",
        SPEC,
        _OAI,
        "test_studio_flows::test_each_update_is_a_new_revision_and_the_old_ones_are_kept",
    ),
    Rule(
        "The latest published revision runs; test users get the draft",
        SPEC,
        _OAI,
        "test_studio_flows::test_a_draft_runs_for_nobody_but_test_users",
    ),
    Rule(
        "An execution goes on with the revision it was started with",
        SPEC,
        f"{_OAI}: flow_version",
        "test_studio_flows::test_an_execution_goes_on_with_the_revision_it_was_started_with",
    ),
    Rule(
        "Lists of flows and revisions leave out the definition",
        SPEC,
        f"{_OAI}: samples",
        "test_studio_flows::test_a_list_leaves_definitions_out",
    ),
    Rule(
        "A definition that is not sound is refused with 81022 and all its errors in `details`",
        DOC,
        f"{_ERRORS} (the keys of an error are inferred)",
        "test_studio_flows::test_a_definition_that_is_not_sound_is_refused_with_path_and_remedy",
    ),
    Rule(
        "What a definition cannot do without is what Twilio's schema requires",
        OBS,
        "code that restates studio/rest-api/v2/schemas",
        "test_studio_flows::test_a_definition_that_is_not_sound_is_refused_with_path_and_remedy",
    ),
    Rule(
        "A step is named after the event that ended it and says where it led, or Ended",
        SPEC,
        f"{_OAI}: samples",
        "test_studio_menu_bot::test_a_customer_is_asked_answered_asked_again_and_handed_over",
    ),
    Rule(
        "A step is listed as soon as its widget is entered, unnamed",
        DOC,
        "studio/rest-api/step (that it has no name yet is inferred)",
        "test_studio_waiting::test_a_parked_execution_is_seen_in_its_last_step",
    ),
    Rule(
        "Executions and steps show an empty context; the whole is at their Context",
        SPEC,
        f"{_OAI}: samples",
        "test_studio_executions::test_the_context_grows_step_by_step",
    ),
    Rule(
        "By REST, parameters are found under flow.data",
        SPEC,
        _OAI,
        "test_studio_executions::test_a_request_starts_an_execution_with_its_parameters",
    ),
    Rule(
        "By REST, a contact with an active execution is refused with 409, 20409",
        INF,
        f"{_FAQ} (for the rule; the answer is inferred)",
        "test_studio_executions::test_a_contact_has_one_active_execution_of_a_flow",
    ),
)
