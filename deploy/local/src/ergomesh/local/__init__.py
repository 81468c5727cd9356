"""ergomesh on one machine: the ``ergomesh`` command, its stack and its client."""
