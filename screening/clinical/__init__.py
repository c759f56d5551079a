"""Clinical formulas: plain Python, no clock, no settings, every figure with its source."""
