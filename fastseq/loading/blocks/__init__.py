"""Blocks of remote shards: fetched ahead of need, and held as long as they are in use."""
