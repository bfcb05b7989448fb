"""The half of each kind of answer that needs torch: labels to numbers, logits to a loss and back to labels."""
