"""The chat: a conversation with a database in a terminal, or over plain pipes."""
