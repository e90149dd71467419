"""Rules of webhooks: what is told, in which words, how often, and pre-events."""

from __future__ import annotations

from .rule import DOC, INF, OBS, SPEC, Rule

RULES = (
    Rule(
        "Told only of filtered events",
        DOC,
        "Twilio's snippets, twilio-oai chat_v2",
        "test_webhooks_post::test_a_service_is_told_of_the_events_it_filters_for_and_of_no_others",
    ),
    Rule(
        "A channel webhook hears its own channel only",
        SPEC,
        "twilio-oai chat_v2",
        "test_webhooks_post::test_a_channels_webhook_hears_of_its_own_channel_only",
    ),
    Rule(
        "A trigger fires on words in a new message (ignoring case is inferred)",
        SPEC,
        "twilio-oai chat_v2",
        "test_webhooks_post::test_a_trigger_fires_where_its_words_are_in_a_new_message_whatever_their_case",
    ),
    Rule(
        "REST fires webhooks only with the header",
        DOC,
        "chat/webhook-events",
        "test_webhooks_post::test_rest_fires_webhooks_only_with_the_header",
    ),
    Rule(
        "Source is SDK or API",
        OBS,
        "production code",
        "test_webhooks_post::test_the_source_tells_the_chat_sdk_from_rest",
    ),
    Rule(
        "POST is signed with the auth token",
        DOC,
        "helper library",
        "test_webhooks_post::test_a_post_carries_a_signature_that_twilios_validator_accepts",
    ),
    Rule(
        "Both signature vectors of the helper library come out",
        DOC,
        "helper library's tests",
        "test_webhooks_post::test_twilios_own_signature_vectors_come_out",
    ),
    Rule(
        "GET carries its parameters in the signed URL",
        INF,
        "the mock's own choice",
        "test_webhooks_post::test_a_get_carries_its_parameters_in_a_signed_url",
    ),
    Rule(
        "Parameters of onChannelUpdated",
        OBS,
        "production code",
        "test_webhooks_wording::test_a_channel_made_changed_and_destroyed",
    ),
    Rule(
        "Parameters of onMessageSent",
        INF,
        "Conversations' onMessageAdded",
        "test_webhooks_wording::test_a_message_sent_edited_and_removed",
    ),
    Rule(
        "Media fires onMediaMessageSent (name observed)",
        INF,
        "production code",
        "test_webhooks_wording::test_a_message_with_media",
    ),
    Rule(
        "Retried on time-out, 429, 503, 504, as often as set",
        SPEC,
        "twilio-oai chat_v2",
        "test_webhooks_delivery::test_a_passing_failure_is_tried_again_as_often_as_the_service_says",
    ),
    Rule(
        "No other answer is retried",
        SPEC,
        "twilio-oai chat_v2",
        "test_webhooks_delivery::test_any_other_answer_is_taken_as_it_is",
    ),
    Rule(
        "RetryCount goes with each try",
        OBS,
        "production code",
        "test_webhooks_http::test_a_busy_server_is_tried_again",
    ),
    Rule(
        "Five seconds to answer",
        DOC,
        "twilio-oai chat_v2, error 50076",
        "test_webhooks_delivery::test_a_receiver_has_five_seconds_unless_told_otherwise",
    ),
    Rule(
        "Post-events never hold up or fail the action",
        DOC,
        "chat/webhook-events",
        "test_webhooks_delivery::test_a_request_does_not_wait_for_the_webhooks_it_fires",
    ),
    Rule(
        "Order is kept per channel",
        INF,
        "the mock's own choice",
        "test_webhooks_delivery::test_each_channel_is_told_in_order_and_one_by_one_while_many_are_served",
    ),
    Rule(
        "Pre-events never fire for REST",
        DOC,
        "chat/webhook-events",
        "test_webhooks_pre_limits::test_rest_is_never_asked_not_even_with_the_header",
    ),
    Rule(
        "Pre-events may change the action (reply fields inferred)",
        DOC,
        "chat/webhook-events",
        "test_webhooks_pre::test_an_answer_may_change_a_message_before_anybody_sees_it",
    ),
    Rule(
        "Any status but 200 refuses (50056)",
        INF,
        "error catalogue for the code",
        "test_webhooks_pre::test_any_other_status_refuses_the_action",
    ),
    Rule(
        "5xx or 429 fails the action (50057)",
        INF,
        "error catalogue",
        "test_webhooks_pre::test_a_webhook_that_fails_fails_the_action",
    ),
    Rule(
        "No answer in time fails it (50076)",
        INF,
        "error catalogue",
        "test_webhooks_pre::test_a_webhook_that_takes_too_long_fails_the_action",
    ),
    Rule(
        "A pre-event has no SID of what does not exist yet",
        DOC,
        "docs api/chat/webhooks",
        "test_webhooks_pre::test_what_does_not_exist_yet_is_asked_about_without_its_sid",
    ),
    Rule(
        "A pre-event is asked only about what would succeed",
        INF,
        "the mock's own choice",
        "test_webhooks_pre_limits::test_what_would_be_refused_anyway_is_not_asked",
    ),
)
