"""Readers of folders, tables and lists of files."""
