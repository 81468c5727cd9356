"""The fit on a rented GPU: RunPod's REST, a ledger of what was sent, the dispatcher.

Nothing here imports the ``runpod`` package: its client neither checks HTTP statuses
nor passes a policy on, and importing it changes the process's logging.
"""
