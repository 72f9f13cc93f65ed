"""From a folder of photographs and a table to coins with two sides: files and metadata, never vectors."""
