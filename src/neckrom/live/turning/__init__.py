"""The guided session of the upper back: the trunk turned to the left and to the right, sitting."""
