"""What a set of images is made of, and what is wrong with it."""
