"""Decoding pictures in processes of their own."""
