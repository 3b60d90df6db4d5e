"""Many inputs measured on many machines: a Dask cluster's workers, one input at a time for each place.

``options.py`` says which cluster, ``connection.py`` opens it, ``identity.py`` compares what its workers run,
``fleet.py`` hands out inputs and copes with workers that end, ``work.py`` is what runs on a worker, ``manifest.py``
remembers what is done, and ``measuring.py`` puts them together.
"""
