"""What a question's words for times mean: read in English and Chinese, given as half-open ranges."""
