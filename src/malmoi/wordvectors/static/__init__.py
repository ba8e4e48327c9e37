"""Static sentence embeddings: a tokenizer and one table of token vectors, as model2vec and others write them."""
