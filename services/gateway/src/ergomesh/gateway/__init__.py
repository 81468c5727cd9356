"""HTTP in, jobs and events out: the only service that faces the network."""
