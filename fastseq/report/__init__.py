"""What the command line draws: pictures and tables."""
