"""What a language model may do with a database: the three tools and everything under them."""
