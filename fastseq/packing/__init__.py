"""Packs: image sets written anew, once, as tar shards and an index that make them cheap to read."""
