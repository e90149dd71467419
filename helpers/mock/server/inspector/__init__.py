"""The server's front page: the account's contents, live, in a browser.

The page reads JSON under `/_mock/state` and follows changes at `/_mock/news`; it changes the
account only through the server's public controls.
"""
