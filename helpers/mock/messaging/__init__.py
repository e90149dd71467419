"""Chat: services, roles, users, channels, members and messages.

A Chat channel and a Conversation are the same resource at Twilio (same CH SID); this package keeps
that one model, and the dialects spell it.
"""
