"""The programs here are run by test_programs.py, each in a folder of its own; they are no tests themselves."""

collect_ignore_glob = ["guide_*.py"]
