"""The mock over HTTP: the same account, for any client that speaks Twilio's REST API.

`python -m helpers.mock` runs it; `running.BackgroundServer` runs it in a thread.
"""
