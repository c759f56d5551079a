"""Continuous glucose monitoring: from a trace of readings to the published summary metrics.

Readings stay in the unit the sensor gave: 10.0 mmol/L is in range, and its 180.18 mg/dL would not be.
"""
