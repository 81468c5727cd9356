"""Where the fit runs: one module per place."""
