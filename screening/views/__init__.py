"""The pages: who may see what, read by name, rendered."""
