"""Rules of Flex Flows and Flex channels."""

from __future__ import annotations

from .rule import DOC, INF, OBS, SPEC, Rule

RULES = (
    Rule(
        "One request makes chat channel, user and membership",
        DOC,
        "Flex docs: Integrate a Custom Chat Client",
        "test_flex_channels::test_one_request_makes_the_channel_the_user_and_the_membership",
    ),
    Rule(
        "A Flex channel answers with exactly eight fields",
        SPEC,
        "twilio-oai: flex_v1",
        "test_flex_channels::test_the_response_has_exactly_the_eight_documented_fields",
    ),
    Rule(
        "The chat channel's attributes hold status, long_lived, from and channel_type",
        OBS,
        "production code",
        "test_flex_channels::test_the_channels_attributes_say_who_how_and_that_it_is_active",
    ),
    Rule(
        "Without Target, `from` is the identity",
        INF,
        "the mock's own choice",
        "test_flex_channels::test_without_a_target_the_identity_is_where_the_chat_comes_from",
    ),
    Rule(
        "An ACTIVE channel of the same flow and contact is given back, with status 201",
        DOC,
        "Twilio's outbound sample; the match on Target, else Identity, and the 201 are inferred",
        "test_flex_channel_reuse::test_a_contact_with_an_active_channel_gets_it_back",
    ),
    Rule(
        "After INACTIVE the next contact gets a new channel",
        DOC,
        "Twilio's outbound sample",
        "test_flex_channel_reuse::test_after_a_chat_has_ended_its_contact_gets_a_new_channel",
    ),
    Rule(
        "The unique name of an ACTIVE channel is refused (45208)",
        DOC,
        "Twilio's error catalogue",
        "test_flex_channel_reuse::test_the_unique_name_of_an_active_channel_is_refused",
    ),
    Rule(
        "The unique name of an ended channel passes to the new one",
        INF,
        "45208 names marking it inactive as a fix",
        "test_flex_channel_reuse::test_the_unique_name_of_an_ended_channel_passes_to_the_new_one",
    ),
    Rule(
        "A disabled flow works when a channel names it",
        DOC,
        "Flex docs: Flex Flow",
        "test_flex_channels::test_a_disabled_flow_works_when_it_is_named",
    ),
    Rule(
        "A task flow makes its task with the channel; studio and external make none then",
        DOC,
        "Twilio's blog on custom channels; twilio-oai: flex_v1",
        "test_flex_channels::test_a_task_flow_makes_a_task_with_the_channel",
    ),
    Rule(
        "With creation on message there is no task yet at creation",
        SPEC,
        "twilio-oai: flex_v1",
        "test_flex_channels::test_a_task_flow_that_waits_for_a_message_makes_no_task_yet",
    ),
    Rule(
        "A refused creation leaves nothing behind",
        INF,
        "the mock's own choice",
        "test_flex_channels::test_a_refused_creation_leaves_no_channel_user_member_or_task_behind",
    ),
    Rule(
        "Deleting a Flex channel deletes its chat channel and keeps the user",
        INF,
        "the mock's own choice",
        "test_flex_channels::test_deleting_a_flex_channel_deletes_the_chat_channel_and_keeps_the_user",
    ),
    Rule(
        "One enabled flow for each channel type and contact (45212)",
        DOC,
        "Twilio's blog and Flex docs; which of 45210 and 45212 is inferred",
        "test_flex_flows::test_a_second_enabled_flow_for_the_same_contact_is_refused",
    ),
    Rule(
        "Integration settings are required by type",
        SPEC,
        "twilio-oai: flex_v1",
        "test_flex_flows::test_a_flow_whose_handler_is_missing_or_does_not_exist_is_refused",
    ),
    Rule(
        "Defaults: studio, retry count 3; task time-out 86400 s, priority 0, channel default",
        SPEC,
        "twilio-oai: flex_v1",
        "test_flex_flows::test_a_task_flow_has_the_documented_defaults",
    ),
    Rule(
        "A deleted flow's channels stay",
        INF,
        "the mock's own choice",
        "test_flex_flows::test_a_deleted_flow_is_gone_and_its_channels_stay",
    ),
    Rule(
        "A web channel answers with six fields",
        SPEC,
        "twilio-oai flex_v1",
        "test_web_channels::test_the_answer_has_six_fields_and_no_user_or_task",
    ),
    Rule(
        "ChatStatus takes only inactive (45004 inferred)",
        SPEC,
        "twilio-oai flex_v1",
        "test_web_channels::test_a_chat_can_only_be_made_inactive",
    ),
    Rule(
        "Studio runs with the customer's first message, not with the channel",
        DOC,
        "Twilio's blog on custom channels",
        "test_sequences::test_a_chat_through_studio_from_contact_to_contact",
    ),
    Rule(
        "Send to Flex makes the task and takes Studio off the channel",
        DOC,
        "Flex docs; that the channel notes the task as taskSid was observed",
        "test_sequences::test_a_chat_through_studio_from_contact_to_contact",
    ),
    Rule(
        "What a server says for the customer reaches Studio with X-Twilio-Webhook-Enabled only",
        DOC,
        "Chat docs: webhook events",
        "test_sequences::test_what_a_server_says_for_the_customer_reaches_studio_with_the_webhook_header_only",
    ),
    Rule(
        "With creation on message the customer's first message makes the task, nobody else's",
        SPEC,
        "twilio-oai: flex_v1; that others do not count is inferred",
        "test_sequences::test_a_task_that_waits_for_a_message_comes_with_the_customers_first_one",
    ),
    Rule(
        "An external flow's URL is posted every message, as onMessageSent",
        INF,
        "the payload is not documented",
        "test_sequences::test_a_chat_of_an_external_flow_whose_bot_makes_the_task",
    ),
    Rule(
        "Wrapping up makes the channel INACTIVE; completing takes the agent out",
        DOC,
        "Twilio's chat transfer sample and error 45207; Flex UI does it, here the agent's desk",
        "test_sequences::test_a_chat_of_a_task_flow_from_contact_to_contact",
    ),
    Rule(
        "A long-lived channel stays ACTIVE, and its next message makes a new task",
        DOC,
        "Twilio's outbound sample",
        "test_sequences::test_a_long_lived_chat_of_a_task_flow_has_a_new_task_with_the_next_message",
    ),
    Rule(
        "On a long-lived channel Studio hears again once the task is wrapped up",
        INF,
        "follows from the new task with the next message",
        "test_sequences::test_a_long_lived_chat_through_studio_runs_the_flow_again",
    ),
    Rule(
        "A rejected or timed-out offer leaves the channel as it is",
        INF,
        "the mock's own choice",
        "test_sequence_turns::test_an_offer_that_times_out_goes_on_and_its_agent_offline",
    ),
    Rule(
        "A task ended by API leaves the chat as it is without the janitor",
        SPEC,
        "twilio-oai: flex_v1",
        "test_sequence_turns::test_a_task_cancelled_by_api_leaves_the_chat_as_it_is_without_the_janitor",
    ),
    Rule(
        "The janitor ends the chat of a task ended by API, unless it is long-lived",
        SPEC,
        "twilio-oai: flex_v1; Twilio's outbound sample",
        "test_sequence_turns::test_the_janitor_ends_the_chat_of_a_task_cancelled_by_api",
    ),
    Rule(
        "A task that names a Flex channel carries its chat, whoever made it",
        INF,
        "the mock's own choice",
        "test_sequence_turns::test_the_janitor_ends_the_chat_of_a_task_cancelled_by_api",
    ),
    Rule(
        "A deleted chat channel takes its Flex channel along, and leaves its task",
        INF,
        "the mock's own choice",
        "test_sequence_turns::test_a_deleted_chat_channel_takes_its_flex_channel_along",
    ),
)
