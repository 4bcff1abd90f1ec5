"""The order of samples, and the random numbers behind it."""
