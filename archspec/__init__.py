"""Declare a neural network once; get code for every framework, proven to be the same."""
