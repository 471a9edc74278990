"""Trains the detector in stages by a recipe, with ultralytics' trainer underneath.

read_recipe ──► train: per stage ─► train_stage ─► <stage>/weights/last.pt, results.csv
                                   └► record: training.json, pictures.txt beside last.pt; loss.png
"""
