"""One module per subcommand, thin: they read arguments, call a room and print."""
