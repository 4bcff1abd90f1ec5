"""What ``fastseq demo`` does: a small set of pictures, a small model, and how fast they are read."""
