"""The ground under everything: names, settings, trees, registries, configs, and the configurable."""
