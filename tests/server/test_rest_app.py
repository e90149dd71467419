"""Any HTTP client reaches the account: by path or by Host, with Twilio's own answers."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
import requests
from support import refused

from helpers import Account
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server.running import BackgroundServer

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
AUTH = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
SERVICES = "chat.twilio.com/v2/Services"


def names(answer: requests.Response) -> list[str]:
    return [service["friendly_name"] for service in answer.json()["services"]]


def test_the_sdk_makes_a_channel_and_reads_it_back_in_this_process_too(
    shared: Account, mock: MockTwilio
) -> None:
    made = shared.client.chat.v2.services(SERVICE).channels.create(friendly_name="Café 🙂")
    assert made.friendly_name == "Café 🙂"
    reached_here = shared.client.chat.v2.services(SERVICE).channels(made.sid).fetch()
    assert reached_here.date_created == made.date_created
    assert any(event.text == "opens Café 🙂" for event in mock.journal)


def test_a_host_is_reached_below_the_base_url(url: str) -> None:
    assert names(requests.get(f"{url}/{SERVICES}", auth=AUTH)) == ["Flex Chat Service"]


def test_a_host_is_reached_by_its_name_in_the_host_header(url: str) -> None:
    named = {"Host": "chat.twilio.com"}
    assert names(requests.get(f"{url}/v2/Services", auth=AUTH, headers=named)) == [
        "Flex Chat Service"
    ]


def test_an_edge_and_a_region_in_the_host_make_no_difference(url: str) -> None:
    answer = requests.get(f"{url}/chat.dublin.ie1.twilio.com/v2/Services", auth=AUTH)
    assert names(answer) == ["Flex Chat Service"]


def test_a_path_without_a_host_is_answered_with_where_to_go(url: str) -> None:
    answer = requests.get(f"{url}/v2/Services", auth=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)
    assert f"{url}/chat.twilio.com/v2/Services" in answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic bm9jb2xvbg=="},
        {"Authorization": "Bearer abc"},
        {"X-Twilio-Token": "abc"},
    ],
)
def test_without_valid_credentials_nothing_is_shown(url: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{url}/{SERVICES}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] in {20003, 20101}


def test_an_access_token_in_twilios_own_header_opens_the_media_service(
    url: str, shared: Account
) -> None:
    answer = requests.post(
        f"{url}/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media",
        data=b"\x89PNG",
        headers={"X-Twilio-Token": shared.chat_token("jane"), "Content-Type": "image/png"},
    )
    assert (answer.status_code, answer.json()["author"]) == (201, "jane")


def test_a_body_in_json_is_refused_as_twilio_does(url: str) -> None:
    answer = requests.post(f"{url}/{SERVICES}", json={"FriendlyName": "x"}, auth=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_an_operation_that_is_not_simulated_says_so(shared: Account) -> None:
    with refused(501, 501, "is not simulated"):
        shared.client.api.v2010.accounts.list()


def test_a_connection_is_kept_for_the_next_request(url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    ports = set()
    for _ in range(3):
        connection.request("GET", f"/{SERVICES}")
        connection.getresponse().read()
        ports.add(connection.sock.getsockname()[1])
    connection.close()
    assert len(ports) == 1


def test_a_head_or_half_a_request_disturbs_no_other(url: str) -> None:
    half = http.client.HTTPConnection(urlsplit(url).netloc)
    half.putrequest("POST", f"/{SERVICES}")
    half.putheader("Content-Length", "100")
    half.endheaders(b"Frie")
    assert requests.head(f"{url}/{SERVICES}", auth=AUTH).status_code in {405, 501}
    half.close()
    assert names(requests.get(f"{url}/{SERVICES}", auth=AUTH)) == ["Flex Chat Service"]


def test_a_page_that_a_user_uploads_does_not_run_as_the_mocks_own(url: str) -> None:
    media = requests.post(
        f"{url}/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media",
        data=b"<script>fetch('/_mock/reset', {method: 'POST'})</script>",
        headers={"Content-Type": "text/html"},
        auth=AUTH,
    ).json()
    link = media["links"]["content_direct_temporary"].replace("https:/", url)
    headers = requests.get(link).headers
    assert headers["Content-Type"] == "text/html"
    assert "sandbox" in headers["Content-Security-Policy"].split("; ")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_parameter_that_is_repeated_without_end_holds_up_no_other(url: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"FriendlyName=1&" * 60_000
    answer = requests.post(f"{url}/{SERVICES}", data=body, headers=form, auth=AUTH, timeout=30)
    assert answer.status_code in {201, 400}


def test_an_account_that_was_closed_says_so_on_later_requests() -> None:
    mock = MockTwilio()
    with BackgroundServer(mock) as server:
        mock.close()
        answer = requests.get(f"{server.url}/{SERVICES}", auth=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (503, 20503)


def test_a_json_body_names_the_queues_whose_statistics_are_read(shared: Account, url: str) -> None:
    workspace = shared.client.taskrouter.v1.workspaces.list()[0]
    [queue] = workspace.task_queues.list()
    path = f"{url}/taskrouter.twilio.com/v1/Workspaces/{workspace.sid}/TaskQueues"
    read = {"json": {"queueSids": [queue.sid]}, "auth": AUTH}
    answer = requests.post(f"{path}/RealTimeStatistics", **read)
    [found] = answer.json()["task_queue_data"]
    assert (found["task_queue_sid"], found["total_eligible_workers"]) == (queue.sid, 2)
    listed = requests.get(f"{path}/Statistics", auth=AUTH).json()["task_queues_statistics"]
    assert [each["task_queue_sid"] for each in listed] == [queue.sid]
