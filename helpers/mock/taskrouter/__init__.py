"""TaskRouter: tasks, and the workers they are routed to.

A workflow sends a task into a queue; routing offers it to a worker of that queue who is available;
the worker accepts it, works on it and completes it. Not simulated: transfers, operating units,
add-ons and calls.
"""
