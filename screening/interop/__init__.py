"""Readers and writers at the edge: they translate and decide nothing."""
