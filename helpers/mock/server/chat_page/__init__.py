"""The customer's chat: a web page with Twilio's own Chat SDK, to learn from and to copy.

`static/chat.js` is the page's side, `backend.py` the server's; neither depends on the mock.
"""
