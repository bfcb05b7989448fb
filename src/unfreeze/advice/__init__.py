"""What can be foretold of a comparison from the frozen encoder alone, in seconds: signals, and a model of them."""
