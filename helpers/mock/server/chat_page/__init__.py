"""A web page with Twilio's own Chat SDK in it, to learn from and to copy: the customer's chat.

`static/chat.js` is the page's side, `backend.py` the server's; neither needs anything of the mock.
"""
