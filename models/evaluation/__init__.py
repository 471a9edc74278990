"""Measures a detector on the validation pictures of a merged folder.

read_truth ──► look_at (models.look, matching) ──► Table ──► figures, breakdown, against, tiles
                                                               │ bootstrap intervals
                     evaluation.json · evaluation.html · sheets ◄┘
"""
