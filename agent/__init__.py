"""DBAgent: ask a question in plain words, get an answer from your database, with its receipt."""
