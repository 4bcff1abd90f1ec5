"""One batch: settings, memory, threads, and the native job that decodes it."""
