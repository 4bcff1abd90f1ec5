"""Batches of a whole set, epoch by epoch: prefetching, policies for bad samples, and resuming."""
