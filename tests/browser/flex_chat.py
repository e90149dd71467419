"""Code that a notebook runs to create a customer in a Flex channel."""


def customer_in_a_channel(name: str) -> str:
    """Lines of a cell, after its imports: they make `account`, `client` and `channel`."""
    return f"""
    account = connect()
    client = account.client
    workspace = client.taskrouter.v1.workspaces.list()[0]
    flow = client.flex_api.v1.flex_flow.create(
        friendly_name="My custom chat",
        chat_service_sid=account.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=workspace.sid,
        integration_workflow_sid=workspace.workflows.list()[0].sid,
        integration_channel="chat",
    )
    flex_channel = client.flex_api.v1.channel.create(
        chat_friendly_name="Chat with abc123",
        chat_user_friendly_name="{name}",
        flex_flow_sid=flow.sid,
        identity="abc123",
        target="abc123",
    )
    customer = ChatClient(account, account.chat_token("abc123"))
    channel = customer.get_channel_by_sid(flex_channel.sid)
"""
