"""Indexes of shards: what was found in them, kept in a file."""
