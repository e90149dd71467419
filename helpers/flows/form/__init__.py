"""A form that edits a Flex Flow, and checks and rehearses it after each change.

The model needs no widget library, so importing it loads none.
"""
