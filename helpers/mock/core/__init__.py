"""Foundations of every product of the mock; no product and no Twilio resource is known here."""
