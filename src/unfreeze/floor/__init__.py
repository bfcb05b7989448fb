"""What the words alone reach, without any encoder: the floor under every comparison."""
