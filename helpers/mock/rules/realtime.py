"""Rules of realtime: what Twilio's own JavaScript chat SDKs see.

What an SDK reads was read off its published sources and tried with it (observed); what the real
service sends besides, and why, is not published (inferred).
"""

from __future__ import annotations

from .rule import DOC, INF, OBS, Rule

_SDKS = "twilio-chat 6.0.0, @twilio/conversations 3.0.1"
_BUNDLE = "twilio-chat 6.0.0 as its prebuilt bundle"
_OWN = "the mock's own choice"

RULES = (
    Rule(
        "One frame is one binary message; sizes count bytes",
        OBS,
        _SDKS,
        "test_frames::test_sizes_count_bytes_not_characters",
    ),
    Rule(
        "A page of Sync items is asked for from a key, or by a token alone",
        OBS,
        f"{_SDKS}; {_BUNDLE}",
        "test_talking::test_history_is_read_page_by_page",
    ),
    Rule(
        "sendMessage resolves to the message's index",
        OBS,
        _SDKS,
        "test_talking::test_what_a_client_sends_is_a_message_by_any_door",
    ),
    Rule(
        "One hears of one's own messages too",
        OBS,
        _SDKS,
        "test_talking::test_what_a_client_sends_is_a_message_by_any_door",
    ),
    Rule(
        "A channel's lastMessage follows within a moment (how long inferred)",
        OBS,
        _SDKS,
        "test_talking::test_messages_added_edited_and_removed_are_heard",
    ),
    Rule(
        "Media goes over HTTP, to where the configuration says",
        OBS,
        _SDKS,
        "test_talking::test_a_file_is_sent_and_fetched",
    ),
    Rule(
        "The typist is not told of typing",
        INF,
        "the SDKs do not filter it",
        "test_talking::test_who_types_is_heard_by_the_others_only",
    ),
    Rule(
        "A read horizon is told as memberUpdated, and to its own user as channelUpdated",
        OBS,
        _SDKS,
        "test_talking::test_how_far_one_has_read_is_told_both_ways",
    ),
    Rule(
        "Who was not a member reads neither messages nor members of a public channel",
        INF,
        _OWN,
        "test_talking::test_a_public_channel_can_be_looked_at_without_joining_it",
    ),
    Rule(
        "Roles bind the SDKs as they bind REST with a token (50107)",
        DOC,
        "error catalogue; chat/permissions",
        "test_channels::test_a_forbidden_action_is_refused_with_50107",
    ),
    Rule(
        "Pre-event webhooks are asked before what an SDK does",
        DOC,
        "chat/webhook-events",
        "test_prehooks_of_sdks::test_a_pre_event_webhook_changes_what_an_sdk_sends",
    ),
    Rule(
        "An invitation is told as channelInvited; a join accepts it",
        OBS,
        _SDKS,
        "test_channels::test_an_invitation_is_heard_accepted_and_declined",
    ),
    Rule(
        "A private channel that one left is removed; a public one stays",
        OBS,
        _SDKS,
        "test_channels::test_a_private_channel_is_hidden_from_who_is_not_in_it",
    ),
    Rule(
        "Users are online while they have a connection, if the service has reachability",
        INF,
        "names of the settings in twilio-oai chat_v2",
        "test_channels::test_who_is_online_is_told_where_the_service_says_so",
    ),
    Rule(
        "A refused token ends in denied, and no further attempt",
        OBS,
        _SDKS,
        "test_tokens_and_breaks::test_a_bad_token_ends_in_denied",
    ),
    Rule(
        "tokenAboutToExpire comes 180 s before, or half-way through a shorter life",
        INF,
        "Twilio's shortest token life",
        "test_tokens_and_breaks::test_a_token_about_to_expire_is_announced_and_can_be_renewed",
    ),
    Rule(
        "At a token's end the connection is cut, and the next log-in refused (20104)",
        INF,
        "the SDK's other way blocks updateToken",
        "test_tokens_and_breaks::test_after_its_token_has_expired_a_client_goes_on_with_a_new_one",
    ),
    Rule(
        "A token for another identity is refused",
        INF,
        _OWN,
        "test_tokens_and_breaks::test_a_token_for_somebody_else_is_refused",
    ),
    Rule(
        "After a break a client is told what it missed, once",
        OBS,
        f"{_SDKS}; {_BUNDLE}",
        "test_tokens_and_breaks::test_a_dropped_socket_catches_up_with_nothing_lost_or_doubled",
    ),
    Rule(
        "The same after a restart of a mock that keeps a file",
        INF,
        _OWN,
        "test_sdks_over_restarts::test_nothing_is_lost_or_doubled_over_a_restart",
    ),
    Rule(
        "A client that breaks the protocol, or does not read, is dropped",
        INF,
        _OWN,
        "test_misbehaving_clients::test_who_stops_reading_is_dropped",
    ),
)
