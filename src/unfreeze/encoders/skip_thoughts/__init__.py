"""Skip-thoughts: GRUs that read a sentence and were trained to tell the sentences around it (Kiros et al. 2015)."""
