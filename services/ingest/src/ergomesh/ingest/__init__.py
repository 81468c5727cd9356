"""Ingest service: an uploaded clip in, checked facts about it out."""
