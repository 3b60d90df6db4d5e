"""How head, trunk, arms and feet move while running, read from a clip."""

from neckrom.running.measure import measure_run
from neckrom.running.measurement import RunMeasurement

__all__ = ["RunMeasurement", "measure_run"]
