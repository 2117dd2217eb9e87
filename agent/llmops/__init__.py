"""Prompts and traces: where they come from, where they go."""
