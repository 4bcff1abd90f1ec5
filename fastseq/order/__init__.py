"""Which sample comes when, and the random numbers behind it."""
