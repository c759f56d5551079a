"""Pre-screening of people with type 1 diabetes for cell-therapy trials."""
