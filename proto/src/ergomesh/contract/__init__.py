"""What travels between the services: events, jobs, keys, arrays, names.

Pure: imports nothing else of ergomesh and does no I/O.
"""
