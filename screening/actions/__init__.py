"""Every write a user can cause: one function, one transaction."""
