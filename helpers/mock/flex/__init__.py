"""Flex: flows that choose the handler of a message, and channels made in one request."""
