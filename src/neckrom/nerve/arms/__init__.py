"""Arm tests, seen from the front: the arm out to the side, overhead, bent overhead, and the neck bent away and back."""
