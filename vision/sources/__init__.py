"""Sources of frames: streams, recordings, folders of pictures, capture devices."""
