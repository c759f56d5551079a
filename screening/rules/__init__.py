"""The rule language, the protocols and their evaluation: plain Python, the day is an argument."""
