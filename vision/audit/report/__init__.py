"""Report: what an audit found, in every form."""
