"""The command ``fastseq check``: reads a whole set ahead of training."""
