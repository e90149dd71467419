"""Signed callbacks: who is told of what, in which words, how often it is tried."""
