"""The steps of ``fastseq demo``: a small image set, a small model, and the speed of loading."""
