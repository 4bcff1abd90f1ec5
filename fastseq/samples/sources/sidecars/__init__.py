"""Files that other tools keep beside shards, or in their place, and that say what is in them."""
