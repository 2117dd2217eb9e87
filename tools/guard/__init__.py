"""What the SQL guard knows of engines: how their text is lexed, which functions only compute, what names mean."""
