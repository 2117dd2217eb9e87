"""What a language model may do with a database: the tools and everything under them."""
