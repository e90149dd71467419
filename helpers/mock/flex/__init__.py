"""Flex: the flows that say what handles a message, and the channels made in one request."""
