"""Non-maximum suppression: what every way of running a detector holds to.

Constants alone, so that serving a converted model imports no ultralytics.
"""

NMS_IOU = 0.5
"""Overlap above which the weaker of two boxes of one class goes. Ultralytics' default is 0.7; with
0.5 the shipped weights found nearly as much on the validation pictures (two trucks of 47 less) with
3 to 17 points more precision on bins, rubbish, roofs and people."""
MAX_DETECTIONS = 300
"""Most boxes kept per picture: ultralytics' default (`max_det`)."""
