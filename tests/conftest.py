"""Every test runs on a mock, with no trace of the developer's own Twilio settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from helpers import Account, AgentDesk, ChatClient, connect
from helpers.testing import plugin

if TYPE_CHECKING:
    from helpers.mock.server.authority import CertificateAuthority
    from helpers.mock.server.https_proxy import HttpsProxy

# Properties get few examples, the same in each run, and as many others on demand.
settings.register_profile("whole", max_examples=30, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=2_000, deadline=None)
settings.load_profile("whole")


def pytest_configure(config: pytest.Config) -> None:
    """Load the project's plugin where its installation does not."""
    if not config.pluginmanager.is_registered(plugin):
        config.pluginmanager.register(plugin, "flex_chat_lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that the quick tier leaves out."""
    npm = {"sdks", "javascript", "node_packages"}
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker("browser")
        names = vars(item.module) if isinstance(item, pytest.Function) else ()
        if not npm.isdisjoint(names) or not npm.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("npm")


@pytest.fixture(scope="session", autouse=True)
def _no_twilio_settings() -> Iterator[None]:
    """Kernels that nbval starts inherit the environment, so it is cleaned once, for all."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("TWILIO_")}
    for name in kept:
        if not name.endswith("_DIR"):  # clones that tests take from there
            del os.environ[name]
    yield
    os.environ.update(kept)


@pytest.fixture
def account() -> Account:
    """A new mock account in this process."""
    return connect()


@pytest.fixture(scope="session")
def _prepared() -> Any:
    from examples import prepared_account

    return prepared_account()


@pytest.fixture
def prepared(_prepared: Any) -> Iterator[Any]:
    """A mock account with one of everything, which is put back after the test."""
    with _prepared.unchanged():
        yield _prepared


@pytest.fixture
def client(account: Account) -> Any:
    """The official SDK's client of that account."""
    return account.client


@pytest.fixture
def service(account: Account) -> Any:
    """Its chat service, as the SDK names it."""
    return account.client.chat.v2.services(account.credentials.chat_service_sid)


@pytest.fixture
def creators(service: Any) -> None:
    """Let its users make channels, which Flex's customers may not."""
    role = service.roles(service.fetch().default_service_role_sid)
    role.update(permission=["createChannel", *role.fetch().permissions])


@pytest.fixture
def channel(service: Any) -> Any:
    """An empty public channel, as the SDK names it."""
    return service.channels(service.channels.create(friendly_name="Support").sid)


@pytest.fixture
def webhooks(account: Account) -> Any:
    """The account's webhooks: their receivers, their log."""
    assert account.mock is not None
    return account.mock.webhooks


@pytest.fixture
def acting_as(account: Account) -> Callable[[str], Any]:
    """The chat service as a chat user reaches it, with an access token."""

    def act(identity: str) -> Any:
        user = account.client_of_chat_user(account.chat_token(identity), identity)
        return user.chat.v2.services(account.credentials.chat_service_sid)

    return act


@pytest.fixture
def janes(account: Account, channel: Any) -> Iterator[Any]:
    """The channel as the chat client of jane shows it, who is a member."""
    sid = channel.members.create(identity="jane").channel_sid
    with ChatClient(account, account.chat_token("jane")) as chat:
        yield chat.get_channel_by_sid(sid)


@pytest.fixture
def make_flow(account: Account) -> Callable[..., Any]:
    """Create a Flex Flow of channel type custom, external by default."""

    def make(**changes: Any) -> Any:
        external = {"integration_type": "external", "integration_url": "https://bot.example.com"}
        chosen = {} if "integration_type" in changes else external
        return account.client.flex_api.v1.flex_flow.create(
            **{
                "friendly_name": "Custom chat",
                "chat_service_sid": account.credentials.chat_service_sid,
                "channel_type": "custom",
                **chosen,
                **changes,
            }
        )

    return make


@pytest.fixture
def task_settings(client: Any) -> dict[str, Any]:
    """Settings for a Flex Flow that creates tasks in the account's own workspace."""
    workspace = client.taskrouter.v1.workspaces.list()[0]
    workflow = client.taskrouter.v1.workspaces(workspace.sid).workflows.list()[0]
    return {
        "integration_type": "task",
        "integration_workspace_sid": workspace.sid,
        "integration_workflow_sid": workflow.sid,
        "integration_channel": "chat",
    }


@pytest.fixture
def studio_settings(client: Any) -> dict[str, Any]:
    """Settings for a Flex Flow that starts the account's own Studio Flow."""
    return {
        "integration_type": "studio",
        "integration_flow_sid": client.studio.v2.flows.list()[0].sid,
    }


@pytest.fixture
def task_flow(make_flow: Callable[..., Any], task_settings: dict[str, Any]) -> Any:
    """A Flex Flow that makes a task with every channel."""
    return make_flow(**task_settings)


@pytest.fixture
def make_channel(client: Any) -> Callable[..., Any]:
    """Create a Flex channel, by default for Jane, who is user-42."""

    def make(flow: Any, **changes: Any) -> Any:
        return client.flex_api.v1.channel.create(
            **{
                "flex_flow_sid": flow.sid,
                "identity": "user-42",
                "chat_user_friendly_name": "Jane",
                "chat_friendly_name": "Chat with user-42",
                **changes,
            }
        )

    return make


@pytest.fixture
def tasks(client: Any) -> Callable[[], list[Any]]:
    """List the tasks of the account's workspace."""
    workspace = client.taskrouter.v1.workspaces.list()[0]

    def listed() -> list[Any]:
        return list(client.taskrouter.v1.workspaces(workspace.sid).tasks.list())

    return listed


@pytest.fixture
def desk(account: Account) -> Iterator[AgentDesk]:
    """Alice's desk."""
    desk = AgentDesk(account)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    """A certificate authority of the tests' own."""
    from helpers.mock.server.authority import CertificateAuthority

    return CertificateAuthority(tmp_path_factory.mktemp("user") / "own")


@pytest.fixture(scope="module")
def proxy(account: Account, authority: CertificateAuthority) -> Iterator[HttpsProxy]:
    """An HTTPS proxy before the module's served account."""
    from helpers.mock.server.https_proxy import HttpsProxy

    assert account.mock is not None
    port = int(str(account.mock.url).rpartition(":")[2])
    with HttpsProxy(0, ("127.0.0.1", port), authority) as proxy:
        yield proxy
