"""Reads what URLs name: objects in S3, Google Cloud Storage and Azure, files of web servers, and what fsspec knows."""
