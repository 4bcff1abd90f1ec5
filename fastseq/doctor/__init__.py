"""The inspection of image sets: formats, sizes, bad files, changed files."""
