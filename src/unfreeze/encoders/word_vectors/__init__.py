"""Static word vectors: files of GloVe, word2vec and fastText, and an encoder that looks words up in them."""
