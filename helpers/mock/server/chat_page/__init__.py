"""The customer's chat: a web page with Twilio's own SDK, to learn from and to copy.

It is there on the Chat SDK and on that of Conversations. `static/page.js` is the page's side, with
an SDK's names in `chat.js` and `conversations.js`; `backend.py` and `conversations_backend.py` are
the server's. None depends on the mock.
"""
