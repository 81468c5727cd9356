"""How it travels: broker, object store, worker loop, settings, logs."""
