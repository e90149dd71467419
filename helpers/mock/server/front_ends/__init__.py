"""Twilio's own front ends in a page: their scripts are copies from npm, which are not shipped."""
