"""What is written of runs and postures: report, pictures, overlay, tables. Side by side with the neck's.

``pictures`` draws the moments that the rows speak of, ``run_content`` and ``posture_content`` say what the report
says, ``page`` and ``paper`` lay it out, ``tables`` keeps curves and steps, ``overlay`` draws the whole clip, and
``write`` puts it into a folder.
"""
