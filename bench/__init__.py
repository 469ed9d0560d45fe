"""One benchmark per published promise, each beside a peer in the same run."""
