"""The passes that run over a program in a child process, and what each of them did."""
