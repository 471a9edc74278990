"""Records: the case log as a signed, append-only chain, per case and per site."""
