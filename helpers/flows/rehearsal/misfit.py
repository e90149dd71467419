"""A step that cannot be done as things stand: an outcome to show, not a failure."""


class Misfit(RuntimeError):  # noqa: N818 - nothing has gone wrong
    """What somebody could not do, and why; the message says both."""
