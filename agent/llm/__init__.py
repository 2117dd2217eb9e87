"""Everything on the way to a language model and back."""
