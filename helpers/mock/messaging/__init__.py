"""Messaging: services, roles, users, channels, members and messages.

A Chat channel and a Conversation are the same resource at Twilio (same CH SID); this package keeps
that one model, in words of its own, and each dialect has its names, limits, codes and texts for it.
"""
