"""The server's front page: what the account holds, live, in a browser.

The page reads JSON under `/_mock/state` and hears of news on `/_mock/news`; it changes nothing
except by the levers that anybody may pull.
"""
