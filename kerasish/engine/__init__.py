"""The one training engine: loop, steps, feeds, logs."""
