"""An open model in a file, run by a child process."""
