"""Transfers: cases between installations, by signed package and signed receipt."""
