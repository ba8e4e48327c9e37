"""Static sentence embeddings: a tokenizer and a table of token vectors, as in model2vec and similar libraries."""
