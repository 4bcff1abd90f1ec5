"""Readers for folders, tables and lists of files."""
