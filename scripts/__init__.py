"""The `streetwarden` command and the shell scripts that install, run and test the project."""
