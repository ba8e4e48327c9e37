"""Files of word vectors, one format a file, recognized by their first bytes."""
