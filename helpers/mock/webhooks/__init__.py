"""Signed callbacks: outbox, delivery with retries, receivers, pre-events."""
