"""ELMo: a character CNN below a two-directional language model of projected LSTMs (Peters et al. 2018)."""
