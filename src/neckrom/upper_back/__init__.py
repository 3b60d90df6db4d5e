"""Upper-back mobility: how far a sitting person turns the trunk to the left and to the right, seen from in front."""
